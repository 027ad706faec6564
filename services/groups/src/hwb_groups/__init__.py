"""Creates, archives and restores Teams and Classrooms."""
