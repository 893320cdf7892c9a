import * as z from 'zod';

/** The kinds of value that recipes are made of. */
export const count = () => z.int().positive();
export const file = () => z.string().min(1);
export const positive = () => z.number().positive();
export const share = () => z.number().min(0).lt(1);
