"""What is asked of passwords beyond Django's own checks."""

from django.contrib.auth.password_validation import MinimumLengthValidator


class MinimumLength(MinimumLengthValidator):
    """Django's says it in English where everything else is Chinese: its translation lacks this sentence."""

    def get_error_message(self):
        return f"密码太短，至少要有 {self.min_length} 个字符。"
