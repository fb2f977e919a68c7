const SVG = 'http://www.w3.org/2000/svg';

/** Makes an element; properties are set as they are, children may be texts. Nothing is ever read as HTML. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('aria-') || name === 'role') {
      made.setAttribute(name, value);
    } else {
      made[name] = value;
    }
  }
  made.append(...children);
  return made;
}

/** Makes an SVG element with attributes. */
export function drawing(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Writes a text only if it changed, so that selections and screen readers are left in peace. */
export function setText(target, text) {
  if (target.textContent !== text) {
    target.textContent = text;
  }
}
