/** Characters that separate or stand for parts of a subject, and those that the protocol doesn't allow in one. */
const SPECIAL = /[.*>\s\p{Cc}]/gu;

/** The subject of a host: its name is one token, so that `logs.*` takes all hosts. */
export function subjectFor(template: string, host: string): string {
  return template.replaceAll("{host}", host.replace(SPECIAL, "-"));
}

/** The subject of all hosts, for a stream that takes what each of them sends. */
export function subjectOfAll(template: string): string {
  const tokens = template.split(".");
  return tokens.map((token) => (token.includes("{host}") ? "*" : token)).join(".");
}

/** Whether one of a stream's subjects, which may have wildcards, takes this one. */
export function isCovered(subject: string, patterns: readonly string[]): boolean {
  const tokens = subject.split(".");
  return patterns.some((pattern) => {
    const parts = pattern.split(".");
    const isRest = parts.at(-1) === ">";
    if (isRest ? tokens.length < parts.length : tokens.length !== parts.length) return false;
    return parts.every((part, at) => part === "*" || (isRest && at === parts.length - 1) || part === tokens[at]);
  });
}
