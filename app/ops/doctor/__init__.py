"""The doctor: checks every invariant of the stored data and repairs what is derived."""
