import { isCollection, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { UsageError } from '../errors.ts';

export type YamlPath = readonly PropertyKey[];

/** A YAML text as a value that still knows where each part was written. */
export interface YamlSource {
  readonly value: unknown;
  /** `file:line:column` of the value at the path; of the nearest thing around it where there is none. */
  place(path: YamlPath): string;
  /** `file:line:column` of a key in the map at the path. */
  placeOfKey(path: YamlPath, key: string): string;
}

/** @throws UsageError at file:line:column when the text is not one YAML document */
export function parseYaml(text: string, fileName: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${fileName}:${line}:${col}`;
  };
  const refuse = (place: string, message: string) =>
    new UsageError(
      `${place}: ${message}`,
      'one YAML document',
      'Correct the file; indentation counts in YAML.',
    );
  if (document.errors.length > 0) throw refuse(at(document.errors[0].pos[0]), document.errors[0].message);

  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    throw refuse(fileName, (error as Error).message); // an alias to nothing, or aliases upon aliases
  }

  const nodeAt = (path: YamlPath) => (path.length === 0 ? document.contents : document.getIn(path, true));
  const place = (path: YamlPath): string => {
    for (let length = path.length; length >= 0; length--) {
      const node = nodeAt(path.slice(0, length));
      // of a map that lacks something the key is the better place than its first line
      if (length > 0 && isCollection(node) && isMap(nodeAt(path.slice(0, length - 1))))
        return placeOfKey(path.slice(0, length - 1), String(path[length - 1]));
      if (isNode(node) && node.range) return at(node.range[0]);
    }
    return at(0);
  };
  const placeOfKey = (path: YamlPath, key: string): string => {
    const map = nodeAt(path);
    const pair = isMap(map) && map.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
    return pair && isScalar(pair.key) && pair.key.range ? at(pair.key.range[0]) : place(path);
  };
  return { value, place, placeOfKey };
}
