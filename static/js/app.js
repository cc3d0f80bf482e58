// The entry: each module binds one behaviour to data- attributes by listeners on the document, so parts swapped in later work too.
import "./theme.js";
import "./nav.js";
import "./menu.js";
import "./dismiss.js";
import "./copy.js";
import "./shortcuts.js";
import "./confirm.js";
import "./submit-once.js";
import "./dirty-guard.js";
import "./formset.js";
import "./autosubmit.js";
import "./row-links.js";
import "./scroll-focus.js";
import "./select-all.js";
import "./file-drop.js";
import "./login.js";
import "./htmx-errors.js";
