/** The usual types of settings. */
import { z } from "zod";

export const text = () => z.string().min(1);
export const integer = (minimum: number) => z.number().int().min(minimum);
export const positive = () => z.number().positive();
export const notNegative = () => z.number().min(0);
export const fraction = () => z.number().min(0).max(1);
/** One or more words. */
export const list = () => z.array(z.string().min(1)).min(1);
