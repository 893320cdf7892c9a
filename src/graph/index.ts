/** The graph: values, operations, scan, gradient, ONNX. */
export { type Dim, floorDivide, printShape, type Shape } from './dims.ts';
export { gradient } from './gradient.ts';
export { loop } from './loop.ts';
export { toOnnx } from './onnx.ts';
export { conv } from './operations/convolution.ts';
export { crossEntropy } from './operations/crossEntropy.ts';
export { ctc } from './operations/ctc.ts';
export * from './operations/elementwise.ts';
export * from './operations/gather.ts';
export { matmul } from './operations/matmul.ts';
export { cumsum, topK } from './operations/order.ts';
export { averagePool, maxPool } from './operations/pooling.ts';
export { logSoftmax, logSumExp, max, mean, softmax, sum } from './operations/reduce.ts';
export {
  broadcastTo,
  concat,
  full,
  pad,
  reshape,
  slice,
  split,
  squeeze,
  transpose,
  unsqueeze,
  zeros,
} from './operations/shape.ts';
export { size } from './operations/size.ts';
export { type ScanOptions, type StepResult, scan } from './scan.ts';
export { constant, type DType, input, type TensorType, type Value } from './value.ts';
