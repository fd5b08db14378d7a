"""What people wait for in the pages: in Chromium, by the DevTools protocol."""
