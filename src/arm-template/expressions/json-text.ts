/** Looking at JSON before it is parsed: parsers recurse, and a file may be nested deeper than a stack is. */

/**
 * Calls `visit` with every character and whether it is inside a text; comments are left out.
 * @param multiline whether a text goes on after a line break, as Resource Manager has it and JSON has not
 */
export function scanJson(
  text: string,
  multiline: boolean,
  visit: (char: string, at: number, inText: boolean) => void,
): void {
  let state: 'plain' | 'text' | 'line' | 'block' = 'plain';
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    const pair = char + text.charAt(at + 1);
    const breaks = char === '\n' || char === '\r';
    if (state === 'line') {
      if (breaks) state = 'plain';
    } else if (state === 'block') {
      if (pair === '*/') {
        at++;
        state = 'plain';
      }
    } else if (state === 'text') {
      if (breaks && !multiline) state = 'plain';
      else if (char === '"') state = 'plain';
      else {
        visit(char, at, true);
        if (char === '\\' && at + 1 < text.length && (multiline || !'\n\r'.includes(text.charAt(at + 1)))) {
          at++;
          visit(text.charAt(at), at, true);
        }
      }
    } else if (pair === '//' || pair === '/*') {
      at++;
      state = pair === '//' ? 'line' : 'block';
    } else {
      if (char === '"') state = 'text';
      visit(char, at, false);
    }
  }
}

/** How deep brackets are nested. */
export function bracketDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  scanJson(text, false, (char, _at, inText) => {
    if (inText) return;
    if (char === '[' || char === '{') deepest = Math.max(deepest, ++depth);
    else if (char === ']' || char === '}') depth--;
  });
  return deepest;
}
