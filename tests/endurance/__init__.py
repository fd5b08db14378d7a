"""Many connections on many documents for minutes, and whether anything is lost or grows."""
