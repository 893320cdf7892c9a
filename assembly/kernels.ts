/**
 * The passes over all parameters, four float32 lanes at a time. AssemblyScript: after a change run `npm run kernels`,
 * which compiles this file to WebAssembly in src/training/kernels.generated.ts.
 *
 * Each does, operation by operation and in the same order, what its plain loop in src/training/passes.ts does, so that
 * both give the same bits. `size` is a multiple of four; the other integers are byte addresses in the one memory.
 */

/** Of values below `limit` in magnitude, zero; the others, NaN included, as they are. */
function zeroBelow(x: v128, limit: v128): v128 {
  const magnitude = v128.and(x, i32x4.splat(0x7fffffff));
  return v128.andnot(x, f32x4.lt(magnitude, limit));
}

/** p − step of the four parameters at an address; with decay p − (step + decay · p). */
function decayAndStep(address: usize, decay: f32, step: v128): void {
  const p = v128.load(address);
  const whole = decay === 0 ? step : f32x4.add(step, f32x4.mul(f32x4.splat(decay), p));
  v128.store(address, f32x4.sub(p, whole));
}

/** Σ g², in float64: the sum of the first lanes, of the second ones, and so on, then those four from left to right. */
export function sumOfSquares(gradients: usize, size: usize): f64 {
  const end = gradients + (size << 2);
  let left = f64x2.splat(0);
  let right = f64x2.splat(0);
  for (let at = gradients; at < end; at += 16) {
    const g = v128.load(at);
    const low = f64x2.promote_low_f32x4(g);
    const high = f64x2.promote_low_f32x4(v128.shuffle<u64>(g, g, 1, 0));
    left = f64x2.add(left, f64x2.mul(low, low));
    right = f64x2.add(right, f64x2.mul(high, high));
  }
  const a = f64x2.extract_lane(left, 0);
  const b = f64x2.extract_lane(left, 1);
  return a + b + f64x2.extract_lane(right, 0) + f64x2.extract_lane(right, 1);
}

export function adam(
  gradients: usize,
  parameters: usize,
  firstMoment: usize,
  secondMoment: usize,
  size: usize,
  scale: f32,
  take1: f32,
  take2: f32,
  rate: f32,
  epsilon: f32,
  decay: f32,
  negligible: f32,
): void {
  const end = size << 2;
  for (let at: usize = 0; at < end; at += 16) {
    const g = f32x4.mul(v128.load(gradients + at), f32x4.splat(scale));
    let m = v128.load(firstMoment + at);
    m = f32x4.add(m, f32x4.mul(f32x4.splat(take1), f32x4.sub(g, m)));
    m = zeroBelow(m, f32x4.splat(negligible));
    let v = v128.load(secondMoment + at);
    v = f32x4.add(v, f32x4.mul(f32x4.splat(take2), f32x4.sub(f32x4.mul(g, g), v)));
    v = zeroBelow(v, f32x4.splat(negligible));
    v128.store(firstMoment + at, m);
    v128.store(secondMoment + at, v);
    const step = f32x4.div(f32x4.mul(f32x4.splat(rate), m), f32x4.add(f32x4.sqrt(v), f32x4.splat(epsilon)));
    decayAndStep(parameters + at, decay, step);
  }
}

export function adaDelta(
  gradients: usize,
  parameters: usize,
  squaredGradient: usize,
  squaredStep: usize,
  size: usize,
  scale: f32,
  take: f32,
  rate: f32,
  epsilon: f32,
  decay: f32,
  negligible: f32,
): void {
  const end = size << 2;
  for (let at: usize = 0; at < end; at += 16) {
    const g = f32x4.mul(v128.load(gradients + at), f32x4.splat(scale));
    let gg = v128.load(squaredGradient + at);
    gg = f32x4.add(gg, f32x4.mul(f32x4.splat(take), f32x4.sub(f32x4.mul(g, g), gg)));
    gg = zeroBelow(gg, f32x4.splat(negligible));
    let ss = v128.load(squaredStep + at);
    const ratio = f32x4.div(f32x4.add(ss, f32x4.splat(epsilon)), f32x4.add(gg, f32x4.splat(epsilon)));
    const step = f32x4.mul(f32x4.sqrt(ratio), g);
    ss = f32x4.add(ss, f32x4.mul(f32x4.splat(take), f32x4.sub(f32x4.mul(step, step), ss)));
    ss = zeroBelow(ss, f32x4.splat(negligible));
    v128.store(squaredGradient + at, gg);
    v128.store(squaredStep + at, ss);
    decayAndStep(parameters + at, decay, f32x4.mul(f32x4.splat(rate), step));
  }
}

export function sgd(
  gradients: usize,
  parameters: usize,
  size: usize,
  scale: f32,
  rate: f32,
  decay: f32,
): void {
  const end = size << 2;
  for (let at: usize = 0; at < end; at += 16) {
    const g = f32x4.mul(v128.load(gradients + at), f32x4.splat(scale));
    decayAndStep(parameters + at, decay, f32x4.mul(f32x4.splat(rate), g));
  }
}

export function momentum(
  gradients: usize,
  parameters: usize,
  velocity: usize,
  size: usize,
  scale: f32,
  keep: f32,
  rate: f32,
  decay: f32,
  negligible: f32,
): void {
  const end = size << 2;
  for (let at: usize = 0; at < end; at += 16) {
    const g = f32x4.mul(v128.load(gradients + at), f32x4.splat(scale));
    let v = f32x4.add(f32x4.mul(f32x4.splat(keep), v128.load(velocity + at)), g);
    v = zeroBelow(v, f32x4.splat(negligible));
    v128.store(velocity + at, v);
    decayAndStep(parameters + at, decay, f32x4.mul(f32x4.splat(rate), v));
  }
}

export function approach(towards: usize, mean: usize, size: usize, take: f32): void {
  const end = size << 2;
  for (let at: usize = 0; at < end; at += 16) {
    const m = v128.load(mean + at);
    const step = f32x4.mul(f32x4.splat(take), f32x4.sub(v128.load(towards + at), m));
    v128.store(mean + at, f32x4.add(m, step));
  }
}
