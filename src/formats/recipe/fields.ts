import * as z from 'zod';

/** The kinds of value that recipes are made of. */
export const count = () => z.int().positive();
export const file = () => z.string().min(1);
export const positive = () => z.number().positive();
export const share = () => z.number().min(0).lt(1);
export const seed = () =>
  z.int().min(0).max(0xffffffff).default(1).describe('of all that is random: initialisation, order, dropout');
