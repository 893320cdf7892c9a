import type { Answered } from '../calls.ts';

/** What a memory network read, as `memorySvg` of the toolkit draws it: a row a fact, a column a hop, a bar a weight. */
export function MemoryTable({ answered }: { answered: Answered }) {
  const { facts, attention, forgotten } = answered;
  const nothing = attention.map((row) => Math.max(0, 1 - row.reduce((sum, weight) => sum + weight, 0)));
  const most = (n: number) => attention.some((row) => row[n] >= 0.5);
  return (
    <section class="scroll" aria-label="What was read of the story">
      <table class="memory">
        <caption class="hidden">How much of each fact was read in each hop</caption>
        <thead>
          <tr>
            <th scope="col">
              <span class="hidden">number</span>
            </th>
            <th scope="col">fact</th>
            {attention.map((_, k) => (
              <th key={k} scope="col">
                hop {k + 1}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {forgotten > 0 && (
            <tr class="note">
              <td />
              <td colSpan={1 + attention.length}>
                {forgotten} older {forgotten === 1 ? 'fact' : 'facts'} forgotten
              </td>
            </tr>
          )}
          {facts.map((fact, n) => (
            <tr key={n} class={most(n) ? 'read' : undefined}>
              <td class="number note">{forgotten + n + 1}</td>
              <th scope="row">{fact}</th>
              {attention.map((row, k) => (
                <Bar key={k} weight={row[n]} />
              ))}
            </tr>
          ))}
          {nothing.some((weight) => weight >= 0.005) && (
            <tr class="note">
              <td />
              <th scope="row">nothing</th>
              {nothing.map((weight, k) => (
                <Bar key={k} weight={weight} />
              ))}
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}

function Bar({ weight }: { weight: number }) {
  return (
    <td class="bar">
      <span class="ground">
        <span style={{ '--share': Math.min(1, Math.max(0, weight)) }} />
      </span>
      <span class="number">{weight.toFixed(2)}</span>
    </td>
  );
}
