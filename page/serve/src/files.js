// Files that were dropped, pasted or chosen, with the folders they lay in.

const all = (reader) => new Promise((resolve, reject) => {
  const entries = [];
  const next = () => reader.readEntries((some) => {
    if (some.length === 0) return resolve(entries);
    entries.push(...some);
    next();
  }, reject);
  next();
});

const byName = (a, b) => a.name.localeCompare(b.name, "en", { numeric: true });

async function filesOf(entry, folder) {
  if (entry.isFile) return [{ folder, file: await new Promise((resolve, reject) => entry.file(resolve, reject)) }];
  const inside = (await all(entry.createReader())).sort(byName);
  return (await Promise.all(inside.map((each) => filesOf(each, entry.name)))).flat();
}

const parent = (path) => path.split("/").at(-2) ?? "";
const wanted = ({ file }) => !file.name.startsWith(".");

/** [{file, folder}] of a drop or a paste; a folder's files with its name. */
export async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const found = entries.length
    ? (await Promise.all(entries.map((entry) => filesOf(entry, "")))).flat()
    : [...transfer.files].map((file) => ({ file, folder: "" }));
  return found.filter(wanted);
}

/** The same of a file chooser. */
export const chosenFiles = (input) => [...input.files]
  .map((file) => ({ file, folder: parent(file.webkitRelativePath ?? "") })).filter(wanted);

/** As people read sizes: "1088 bytes", "24 KB", "2.4 MB". */
export function sizeText(bytes) {
  if (bytes < 10_000) return `${bytes} bytes`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(0)}\u202fKB`;
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)}\u202fMB`;
}
