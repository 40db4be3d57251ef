/** Of an option that may be given again. */
export const many = (value: string, former: string[] = []): string[] => [...former, value];
