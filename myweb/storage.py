from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class ModuleManifestStorage(ManifestStaticFilesStorage):
    """Hashes the paths inside ES modules too, so that every file can be cached forever."""

    support_js_module_import_aggregation = True
    max_post_process_passes = 20  # modules import each other more than five levels deep
