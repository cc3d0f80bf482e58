// What this browser remembers for its user. Storage may be blocked: then it remembers nothing, and nothing breaks.

/** Keeps value under key; null forgets it. */
export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // blocked by the browser's settings
  }
}

/** The value under key, or null. */
export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
