import { unxz } from '../../src/data/xz.ts';

/** Bytes of base64. */
export const fromBase64 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'));

/** Archives by other programs, as .tar.xz (LZMA2, CRC64). */
export const TAR_XZ = {
  /** Python's tarfile, USTAR_FORMAT. */
  ustar:
    '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4Cf/AQddADGLvBunjDREwbqTFej848CSZWYwtCS23msvHpIuN1OG9H7AVRVlkkQ2' +
    'i3uxYXlz5k68ufi9i8tS8yFstYv2yBqinNkXQ9Sm2XDP5IjIkFz70bbRqFd8tfGw08J7QOyGDjTJAm7ycxaWVEwmi66hgqvL' +
    'TFI0vmv3D6TaSyEXB9E/F+HlbZCeVDFCWOIqyu51gk1wVgD9p/EJw0u1Guo+Ew0oQib3jD0Cmjlq9YnAZ1nAk9IpF8ftdLJ4' +
    'OFsJ0S04jHzwWvzgYxEmUj49RpxCZKJJJ+Jf+nwg3X9rsgibtbhO9SRk3C49JUSVxcUpYn87HmO1EmwAlaZr4HmmlSdnJIKI' +
    'DsSPMGXiAAC0271DnrPWBQABowKAUAAAdnz4p7HEZ/sCAAAAAARZWg==',
  /** Python's tarfile, GNU_FORMAT. */
  gnu:
    '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4E//AZldADGLvBunjDREwbqTFej848CSZWX87PSEGLfx9lQ3DCxfoM+2brANhIvT' +
    'MQ3YfHLJMW4RAL1M1cPXvjqN3Fxl5oldSGRFaToPrRDXcKAIJrhg3lXjBQu0PBr6zsEhIXTu7YjlTTeI3MQ3Z/KXYBkN0RQb' +
    'rglIowm5+AsXr7YuRfFKAR3AFwh/ARF64Cr0oM2zZyv6il3x9UQFIyIFrCwENWVgbck7wXs63/t62Pq8edXjYlvCvBOPiCVD' +
    '0bqvxZ4WrNJy+oucF0iL29Sxx/MC9MMVkrp+8sDR3vXDQ6ztCrwaOuSTcUYNJE0sZ62B2RTCEfO6Mk+LUirZcM4pZ7soUvbI' +
    'Y90QWcEFKHsPGaJIuYY7EOhkScZHtMNDHU0SAYBcy840LX4rp/u4I8rAtYsamffw+zN1bUc2dQpMc/YPPJ8YnFCp3HO+kMfL' +
    '02byaqXdaVqTYuF6Go+wR/E+U6nXEfB92J6f6hVmUDuXc/wy+n/MMlUuCTReUQakf7xHTo4TgnFX/bbJLymfmABbfTZRqHFP' +
    'p3pF7STNWNEAAAAAMU00qsyVcfQAAbUDgKABANH2yOOxxGf7AgAAAAAEWVo=',
  /** Python's tarfile, PAX_FORMAT. */
  pax:
    '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4E//AcFdADGLvBunjDREwbqTFej848CSZWYwtCS23msvHpIuN1OG9H7AVRVlkkQ2' +
    'i3uxYXlz5k68ufi9i8tS8yFstYv2yBqinNkXQ9Sm2XDP5IjIj9mDfEjLoXcxKAThiV/cosRQl9/Wzv7+Mck1SIyXoBcYOr5i' +
    'pmJvA3BPgkhxq1uk11vLEBNVGDHa3ATwd0pZL97iBwRSdSq5wfFNlWK/jtBXXc6nR0xj1+JLWvBu6bfM3y3TeId2CxRS2d3e' +
    'PRXRtL3c1AFJ5hh1Ipt9XLYUfSzrgxlTzyZcKZLVOZI3vtBBd5unstnFeWZUeFwLuVJQH/OuAhns3TY7j4D9gtcgGxntkOCo' +
    'sr2klz4rVDmAga9vMTxJcSC2GY7ZjpBLIbGQw+AgC1GRwQQPRSyWt+eQr10h1ii0a6CdjRonn+D2faRDbcdPJR/E0y5JFj/8' +
    '2n7M6nif7TpS/f0Jf+TsCvcaurRR8AIqq7/cpj1qkZhvaAFp/3ioVDJxTi/LFP+CZdIY+VtckRwHIrm9aZmFj9SFy0u+Y+OF' +
    'YGDp1l6unzLiCYCQT4WloImXlx6GUnPKPU5QAilTXFawodvjZA1A+tGnh+4bkbZ7AAAAAAJtNczukRJlAAHdA4CgAQDme28H' +
    'scRn+wIAAAAABFla',
  /** `git archive --prefix=corpus-1a2b3c/`, which begins with a global pax header. */
  git:
    '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4Cf/AQpdADgYS3Zs2QpOuJqzz6GzBKslePyepc2iB6ghaxGgoHvhRRjFSfzqvDeB' +
    '/uAJhETVwKQ45btFQfLJtPBgAnSIS7IwQlX5HPtmDLZpxKqgGwYHZ53mITwo1Lto6skl/GCxJtzB0JaaOq0ZpK1ZT10u6mYG' +
    'vZ8TzzcP3iLiLFhXnuG3tqRxJjLWgnD1uO1I1QbuvnuCzLlnBgTUfl+4ES1o0UVK4ZqOUYUcwNuxK1fu2LqY/igFhHpaLX1U' +
    'qT/YkrvVlWi9gdv4u1E4lgOyu44hMs9UvAXIBcXjzV8sv7bVwxYnms4xf6GLIVKVdpqsxFShwMZOudUKE5sez7oOSlgR98pc' +
    'uRfykJDyvnygAAAAOgkNnUdRSSUAAaYCgFAAAMXtNfexxGf7AgAAAAAEWVo=',
  /** `tar --format=v7`. */
  v7:
    '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4Cf/AGddADaaSh8JO+FndJRmDQWWj5rR7OWr2yQBbUAIC0LbiCSBkH66m80/hY7A' +
    'ntsrn2MEVpR8ywrlECTgInDJg2v+o16I5NSy4hF8Ft1dKGWsYGXnQzfDGZcL1q0P3nYkuimC2UA3m3ZWrwAAAN9CejN7v7kE' +
    'AAGDAYBQAACQA/TnscRn+wIAAAAABFla',
  /** `tar -S --format=gnu` of a file that is a hole. */
  sparseGnu:
    '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4Cf/AG1dADQbyc2cNGkYs3GtL/Dbria3MptXpMkoMnIG58fal322G7oNOFgNpbCu' +
    'NOdo/u7EezROn0LF45BDiX3D75LAau6xP9r8u32b1Z95URsIp1m8LZe1B5aIpz+CXQBkXX6CHa8cPza8hBrQhkyfgwAAAAAA' +
    'FwNmNxM8DI4AAYkBgFAAAPYgb0axxGf7AgAAAAAEWVo=',
  /** the same with `--format=pax`. */
  sparsePax:
    '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4Cf/APxdABcLxoeSWjunj8clDrgP8g232IBEQtVmxMslMci3jUVCUNOXVAiWP3Gx' +
    'jH9qC7oRXL+CYMPSVuKD8uwE91/VbBn+Q51SDnNlitp/fiVBnp8FYlwEHFXYqdbbEOmmPrnbt3CuAOG7TYZWELAOeZFwg015' +
    'kf7fnuej3rky0G+yr3dwWgjF+4UPFaDgbeyRPjvRx9kzIaDDTYb31JPZcXPDMHf2EtNt4tUWXvXUkSXOKJHyFP7cPqG+AzcV' +
    '8HhirU42iIChI+1nC8eTu0Dm1Qz0SluChpf90MQvFdFeSw4xFjbRFC36MMNm2NZNl/xvpr/XM6FOquvQwPbzo/1wAAA9NgOz' +
    'QY+9hAABmAKAUAAAGItFybHEZ/sCAAAAAARZWg==',
} as const;

export const tarOf = (name: keyof typeof TAR_XZ): Promise<Uint8Array> =>
  unxz(fromBase64(TAR_XZ[name]), `${name}.tar.xz`, 1e6);

/** "alpha\nbeta\n" as `xz` makes it of the options named. */
export const XZ = {
  sha256:
    '/Td6WFoAAArh+wyhAgAhARYAAAB0L+WjAQAKYWxwaGEKYmV0YQoAAOScgeLS+E4lnUDi+4GS87zRmLNVGEhF122PWIB9DXju' +
    'AAE7C5uD5osYm0uaAQAAAAAKWVo=',
  noCheck: '/Td6WFoAAAD/EtlBAgAhARYAAAB0L+WjAQAKYWxwaGEKYmV0YQoAAAABGws5p2IeBnKeegEAAAAAAFla',
  x86Filter: '/Td6WFoAAATm1rRGAgEEACEBFgANhjUfAQAKYWxwaGEKYmV0YQoAAM+Gve2Ecg4KAAEjC8Ib/QkftvN9AQAAAAAEWVo=',
  dictionary512MiB:
    '/Td6WFoAAATm1rRGAgAhASIAAACCQKzcAQAKYWxwaGEKYmV0YQoAAM+Gve2Ecg4KAAEjC8Ib/QkftvN9AQAAAAAEWVo=',
  /** Two streams, of "alpha\nbeta\n" and, with CRC32, of "gamma\n". */
  twoStreams:
    '/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAKYWxwaGEKYmV0YQoAAM+Gve2Ecg4KAAEjC8Ib/QkftvN9AQAAAAAEWVr9N3pY' +
    'WgAAAWki3jYCACEBFgAAAHQv5aMBAAVnYW1tYQoAAADpBBEVAAEaBsXqyHmQQpkNAQAAAAABWVo=',
} as const;
