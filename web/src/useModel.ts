import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { ModelInfo } from './calls.ts';
import { openFile, openShipped, own, type ShippedModel, shipped } from './models.ts';
import { VIEWS } from './views.ts';

// Kept while another view is looked at.
const chosen = signal<Partial<Record<ShippedModel['view'], string>>>({});

const viewOfTask = (task: string) => VIEWS.find((view) => view.task === task);

/** Which model a view asks: one that comes with the page, or `own:ID` of those that came by file or by training. */
export function useModel(view: ShippedModel['view']) {
  const list = (shipped.value ?? []).filter((model) => model.view === view);
  const owned = own.value.filter(({ task }) => viewOfTask(task)?.id === view);
  const [info, setInfo] = useState<ModelInfo>();
  const [problem, setProblem] = useState<string>();
  const key = chosen.value[view] ?? list[0]?.file;
  const model = list.find(({ file }) => file === key);
  const choose = (next: string) => {
    chosen.value = { ...chosen.value, [view]: next };
  };
  const openOwn = async (file: File | undefined) => {
    if (!file) return;
    setProblem(undefined);
    try {
      const opened = await openFile(file);
      const other = viewOfTask(opened.task);
      if (other?.id === view) choose(`own:${opened.id}`);
      else {
        const where = other ? `It is in the list of ${other.name} now.` : 'This page has no view for it.';
        setProblem(`${opened.name} is a model of the task ${opened.task}. ${where}`);
      }
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  useEffect(() => {
    if (key === undefined) return;
    let here = true;
    setProblem(undefined);
    const found = own.value.find(({ id }) => key === `own:${id}`);
    if (found) setInfo(found);
    else if (model) {
      setInfo(undefined);
      openShipped(model).then(
        (opened) => here && setInfo(opened),
        (error: Error) => here && setProblem(error.message),
      );
    }
    return () => {
      here = false;
    };
  }, [key, model]);
  return { list, owned, key, choose, openOwn, info, model, problem };
}

export type ChosenModel = ReturnType<typeof useModel>;
