// Cuts the display type's extra files down to the letters that Nigerian names and amounts use: a few hundred bytes
// where whole blocks of other languages would be 16 kB for one dotted letter in a title.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import subsetFont from "subset-font";

const FROM = `${import.meta.dirname}/node_modules/@fontsource/oswald/files`;
const INTO = `${import.meta.dirname}/static/letters`;
const LETTERS = {
  vietnamese: "ẸẹỌọỊịỤụẠạẼẽỸỹ\u0300\u0301\u0303\u0304\u0308\u0323\u0329",
  "latin-ext": "ṢṣṄṅḾḿŃńŇňǸǹƁɓƊɗƘƙƳƴŊŋƐɛƆɔƎǝĀāĒēĪīŌōŪūĨĩŨũƏə₦",
};

mkdirSync(INTO, { recursive: true });
for (const [name, letters] of Object.entries(LETTERS)) {
  const whole = readFileSync(`${FROM}/oswald-${name}-700-normal.woff2`);
  writeFileSync(`${INTO}/${name}.woff2`, await subsetFont(whole, letters, { targetFormat: "woff2" }));
}
