"""Loading and typing times of the pages in Chromium, by the DevTools protocol."""
