import { bytesText } from '../tokens.ts';
import type { ChosenModel } from '../useModel.ts';

/** Which model is asked: one of those that come with the page, or one's own. */
export function ModelSelect({ from: { list, owned, key, choose } }: { from: ChosenModel }) {
  return (
    <label>
      Model
      <select value={key} onChange={(event) => choose(event.currentTarget.value)}>
        {list.map(({ file, name }) => (
          <option key={file} value={file}>
            {name}
          </option>
        ))}
        {owned.map(({ id, name }) => (
          <option key={id} value={`own:${id}`}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

export function ModelFile({ from: { openOwn } }: { from: ChosenModel }) {
  return (
    <label class="file">
      Open a model
      <input type="file" accept=".heed" onChange={(event) => openOwn(event.currentTarget.files?.[0])} />
    </label>
  );
}

/** What it is, how large, what it was trained on and under which licence; behind that, how long it took. */
export function ModelNote({ from: { info, model }, took }: { from: ChosenModel; took?: string }) {
  if (info === undefined) return null;
  const licence = model?.attribution ?? info.licence;
  return (
    <p class="note">
      {info.type}, {info.parameters.toLocaleString('en')} parameters
      {info.bytes > 0 && `, ${bytesText(info.bytes)}`}
      {took && `; ${took}, in this page`}
      {licence && <> · {licence}</>}
    </p>
  );
}

export function Problem({ text }: { text: string | undefined }) {
  if (!text) return null;
  return (
    <p class="problem" role="alert">
      {text}
    </p>
  );
}
