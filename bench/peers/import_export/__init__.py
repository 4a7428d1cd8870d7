"""Django with django-import-export and django-simple-history."""
