// On phones the settings' pages stand in a row that scrolls: the current one must be in sight.
const current = document.querySelector(".settings-nav [aria-current]");
const row = current?.closest("ul");
if (row && row.scrollWidth > row.clientWidth) row.scrollLeft = current.offsetLeft - row.offsetLeft - (row.clientWidth - current.offsetWidth) / 2;
