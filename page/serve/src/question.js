// What is asked about every picture: of each chosen prompt, among which names.

/** No prompt at all. A prompt's name is never empty. */
export const ZERO_SHOT = { name: "", classes: null, any_classes: true };

/** Whether it is asked among its own names, which are known, and no others. */
export const isBound = ({ any_classes: takesAny, classes }) => !takesAny && Boolean(classes?.length);

export const titleOf = ({ name }) => name || "zero-shot";

function fieldsOf(prompt, names, { top, least, template }) {
  return {
    prompt: prompt.name || null,
    classes: names.length && !isBound(prompt) ? names.join("\n") : null,
    template: prompt.name ? null : template || null,
    top,
    min_confidence: least,
  };
}

/** A question to a chosen {prompt, slot}; `lacks` says what it cannot be asked without. */
export function questionOf({ prompt, slot }, names, options) {
  const fields = fieldsOf(prompt, names, options);
  const lacks = !fields.classes && !prompt.classes?.length ? "names" : null;
  // What a prompt answers changes with its file and its own classes, too.
  const key = JSON.stringify([fields, prompt.bytes, prompt.revision, fields.classes ? null : prompt.classes]);
  return { prompt, slot, fields, lacks, key };
}
