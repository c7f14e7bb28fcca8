"""The public status page, and the incidents on it."""
