import type { Bundle, BundleAbout } from '../../formats/index.ts';
import { Builder } from '../../nn/builder.ts';
import { ParameterLayout } from '../../programs/parameters.ts';
import type { TrainingLoss } from '../../programs/training.ts';
import type { Backend } from '../../runtime/index.ts';
import type { ContentOf, Task } from '../content.ts';

/** A bundle that was read, to be opened as what its task needs. */
export interface Opening<T extends Task> {
  readonly bundle: Bundle;
  readonly content: ContentOf<T>;
  /** of its file, for errors */
  readonly name: string;
  readonly backend: Backend;
}

/** What all opened bundles have. */
export interface OpenAs<T extends Task> {
  readonly task: T;
  readonly content: ContentOf<T>;
  readonly weights: { readonly layout: ParameterLayout; readonly parameters: Float32Array };
  readonly about: BundleAbout;
}

/** The parameters of a bundle as a model has them. @throws FormatError when they are not its */
export function weightsOf(
  loss: TrainingLoss<never>,
  { parameters }: Bundle,
  name: string,
): OpenAs<Task>['weights'] {
  const layout = layoutOfLoss(loss);
  return { layout, parameters: layout.collect(parameters, name) };
}

/** The layout of a model's parameters. @param loss of the model; its batches are not needed */
export function layoutOfLoss(loss: TrainingLoss<never>): ParameterLayout {
  const builder = new Builder();
  loss.graph(builder);
  return new ParameterLayout(builder.parameters.map((p) => p.spec));
}
