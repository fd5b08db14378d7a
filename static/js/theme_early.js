// A plain script, so that it runs before anything is painted: no flash of the other theme.
try {
  const theme = localStorage.getItem("collab-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // No storage: the system's preference it is.
}
