"""The package at work, in a minute: `python -m langchain_openrouter.demo`.

`steps` is what is shown, `record` what each step cost, `place` who answers, `stage` what a person sees, and
`__main__` the command.
"""
