"""Creates, archives and restores Teams and Classrooms, slowly and safely, for a whole nation."""
