"""A value of .env that needs quotes, for each program that reads the file."""

VALUE = """p#a $b ${HOME} \\ "c" `d` #e"""
LINE = f"EMAIL_HOST_PASSWORD='{VALUE}'\n"
