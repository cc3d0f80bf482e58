// Runs before the first paint (a plain script in <head>): theme and sidebar as this browser last had them, so that nothing flashes.
// Not here: changing them (theme.js, nav.js).
(() => {
  const read = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage may be blocked by the browser's settings
    }
  };
  const root = document.documentElement;
  const choice = read("theme");
  const dark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.bsTheme = dark ? "dark" : "light";
  if (read("nav") === "collapsed") root.dataset.nav = "collapsed";
})();
