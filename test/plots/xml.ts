export interface Element {
  name: string;
  attributes: Record<string, string>;
  /** Text inside, that of inner elements included, decoded. */
  text: string;
}

const decode = (text: string) =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

/** A strict reader of the XML the plots write: throws where markup is not well-formed, not closed or not escaped. */
export function elementsOf(xml: string): Element[] {
  const elements: Element[] = [];
  const open: Element[] = [];
  const token = /<(\/?)([a-z]+)((?: [a-zA-Z:-]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex;
    const match = token.exec(xml);
    if (!match) throw new Error(`Not well-formed at ${at}: ${xml.slice(at, at + 80)}`);
    const [, closing, name, attributes, selfClosing, text] = match;
    const raw = text ?? attributes ?? '';
    if (/&(?!(lt|gt|quot|amp|#39);)/.test(raw)) throw new Error(`Bare & in ${raw}`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids
    if (/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\p{Cs}]/u.test(raw))
      throw new Error(`Forbidden character in ${raw}`);
    if (text !== undefined) {
      for (const element of open) element.text += decode(text);
    } else if (closing) {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes nothing`);
    } else {
      const pairs = Array.from(attributes.matchAll(/ ([a-zA-Z:-]+)="([^"]*)"/g), ([, key, value]) => [
        key,
        decode(value),
      ]);
      const element = { name, attributes: Object.fromEntries(pairs), text: '' };
      elements.push(element);
      if (!selfClosing) open.push(element);
    }
  }
  if (open.length > 0) throw new Error(`${open.at(-1)!.name} is not closed`);
  return elements;
}
