/** What a job shows of a build, whoever runs the job. */
export interface JobPage {
  /** A line of the log. */
  line(text: string): void;
  /** Shown on the page of the job, not only in its log. */
  error(title: string, message: string): void;
  warning(title: string, message: string): void;
  /** For the steps that follow. */
  output(name: string, value: string): void;
  /** Markdown. */
  summary(markdown: string): void;
  /** For {@link recallOf} of the step that runs when the job is cancelled. */
  remember(name: string, value: string): void;
}

/** What a build prints is not the job's to obey: lines that its runner would take for commands are made plain text. */
export function harmless(text: string): string {
  return text
    .replaceAll('##vso[', '# #vso[')
    .replaceAll('##[', '# #[')
    .replaceAll(/^(\s*):(?=:)/gm, '$1: ');
}
