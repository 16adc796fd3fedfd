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

// The type of the pictures beside shared links, for the server's pen (cards.py has the same ranges).
const DRAWN = [[0x20, 0x7e], [0xa0, 0x24f], [0x250, 0x2af], [0x300, 0x36f], [0x1e00, 0x1eff], [0x2010, 0x2027], [0x20a6, 0x20a6]];
const drawn = DRAWN.map(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => String.fromCodePoint(first + at)).join("")).join("");
for (const [name, file] of Object.entries({ card: "DejaVuSansCondensed", "card-bold": "DejaVuSansCondensed-Bold" })) {
  const whole = readFileSync(`${import.meta.dirname}/node_modules/dejavu-fonts-ttf/ttf/${file}.ttf`);
  writeFileSync(`${INTO}/${name}.ttf`, await subsetFont(whole, drawn, { targetFormat: "truetype" }));
}
