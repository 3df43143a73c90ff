"""What is measured: always as ratios within one run, never as a test."""
