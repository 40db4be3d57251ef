/** An expression that cannot be read or has no value; the message is for the person who wrote it. */
export class ExpressionError extends Error {
  override readonly name: string = 'ExpressionError';
}

/** The expression needs a value that could not be had, and the reason is among the problems already. */
export class ToldAlready extends ExpressionError {
  override readonly name = 'ToldAlready';
}

/** The file asks for more work than any template needs: reading it ends here. */
export class TooMuchWork extends ExpressionError {
  override readonly name = 'TooMuchWork';
}

/** Of functions that answer what only a running deployment can ask. */
export function asksAzure(name: string): string {
  return `${name}() asks Azure during a deployment, which planning does not do: give the value as a parameter`;
}

/** Of a value that is in a key vault. */
export function asksVault(instead: string): string {
  return `a secret of a key vault is fetched by Azure during a deployment, which planning does not do: ${instead}`;
}
