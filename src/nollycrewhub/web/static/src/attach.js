// Photos are made smaller on the phone before they are sent, and what they weigh is said. The form is whole without this file.
const form = document.querySelector("[data-attach]");
const weight = form.querySelector("[data-weight]");
const input = form.elements.file;
const EDGE = 1600; // what the server keeps
const WORTH = 300_000;

const smaller = async (file) => {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < WORTH) return file;
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, EDGE / Math.max(picture.width, picture.height));
  const canvas = Object.assign(document.createElement("canvas"), { width: picture.width * scale, height: picture.height * scale });
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.82));
  return made && made.size < file.size ? new File([made], file.name, { type: made.type }) : file;
};

const told = (bytes) => (bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`);

input.addEventListener("change", async () => {
  const chosen = new DataTransfer();
  for (const file of input.files) chosen.items.add(await smaller(file).catch(() => file));
  input.files = chosen.files;
  const sum = [...input.files].reduce((all, file) => all + file.size, 0);
  weight.textContent = sum ? told(sum) : "";
});
