/** Light or dark as a person wants it, before anything is drawn; as the system has it until they say. A classic script. */
(() => {
  const root = document.documentElement;
  const next: Record<string, string> = { auto: 'light', light: 'dark', dark: 'auto' };
  const read = (): string => localStorage.getItem('kiln-theme') ?? 'auto';
  const set = (theme: string): void => {
    if (theme === 'auto') delete root.dataset['theme'];
    else root.dataset['theme'] = theme;
    const button = document.getElementById('theme');
    if (button !== null) button.textContent = `Theme: ${theme}`;
  };
  set(read());
  document.addEventListener('DOMContentLoaded', () => {
    set(read());
    document.getElementById('theme')?.addEventListener('click', () => {
      const theme = next[read()] ?? 'auto';
      localStorage.setItem('kiln-theme', theme);
      set(theme);
    });
  });
})();
