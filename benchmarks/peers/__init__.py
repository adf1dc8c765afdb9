"""What Kinetoscope is measured against."""
