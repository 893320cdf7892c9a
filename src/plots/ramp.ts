/**
 * Colour of a level from 0 (nearly white) to 1 (dark blue), `#rrggbb`: one hue, lightness falling evenly in OKLCH, so
 * that equal steps of weight look equal and a grey print keeps the order.
 */
export function rampColour(level: number): string {
  const t = Math.min(1, Math.max(0, level));
  const lightness = 0.975 - 0.675 * t;
  const chroma = 0.006 + 0.13 * Math.sin(0.8 * Math.PI * t);
  const hue = (255 * Math.PI) / 180;
  return oklabToHex(lightness, chroma * Math.cos(hue), chroma * Math.sin(hue));
}

/** Ottosson 2020, "A perceptual color space for image processing"; channels outside sRGB are clipped. */
function oklabToHex(lightness: number, a: number, b: number): string {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const channels = linear.map((value) => {
    const v = Math.min(1, Math.max(0, value));
    const encoded = v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055;
    return Math.round(255 * encoded)
      .toString(16)
      .padStart(2, '0');
  });
  return `#${channels.join('')}`;
}
