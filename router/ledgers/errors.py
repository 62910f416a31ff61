"""What a ledger says instead of yes. When one of these is raised, nothing has been written unless it says otherwise.

LedgerError
├── LedgerUnavailable    the store cannot be relied upon: full, broken, locked too long, closed. Answer nothing
└── Refused              the store works, and its answer is no
    ├── BudgetSpent      the account would be overspent; it does not come back
    ├── AccountFrozen    an operator has stopped the account
    ├── UnknownAccount   nothing was opened under this key
    ├── AccountExists    it was opened with other terms
    ├── RequestReused    the request_id belongs to another request
    ├── InProgress       the same request is being answered now
    ├── UnknownAttempt   no such attempt, or not one that this handle may settle
    ├── NotOpen          the attempt has ended, or was superseded, or its time is over
    ├── AnswerTooLarge   more bytes than the store keeps
    ├── BadCost          a cost that is not a whole number in range, or not one of this reservation
    └── BadName          a name that cannot be stored

Every one of them pickles: its fields are its arguments.
"""

from __future__ import annotations


class LedgerError(Exception):
    """The root; never raised itself."""


class LedgerUnavailable(LedgerError):
    """Whether the operation took effect is unknown. No answer may leave on the strength of it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Refused(LedgerError):
    """Nothing was written."""


class BudgetSpent(Refused):
    """`asked` and `left` in units of 1e-12 ρ; left is what the limit allows beyond all that is spent and reserved."""

    def __init__(self, account: str, asked: int, left: int) -> None:
        super().__init__(account, asked, left)
        self.account = account
        self.asked = asked
        self.left = left

    def __str__(self) -> str:
        return f"{self.account}: {self.asked} asked, {self.left} left, in 1e-12 ρ"


class AccountFrozen(Refused):
    def __init__(self, account: str, reason: str) -> None:
        super().__init__(account, reason)
        self.account = account
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.account} is frozen: {self.reason}"


class UnknownAccount(Refused):
    def __init__(self, account: str) -> None:
        super().__init__(account)
        self.account = account

    def __str__(self) -> str:
        return f"no account {self.account} is open"


class AccountExists(Refused):
    def __init__(self, account: str) -> None:
        super().__init__(account)
        self.account = account

    def __str__(self) -> str:
        return f"{self.account} was opened with other terms, and terms are for ever; new records need a new account"


class RequestReused(Refused):
    def __init__(self, tenant: str, request_id: str) -> None:
        super().__init__(tenant, request_id)
        self.tenant = tenant
        self.request_id = request_id

    def __str__(self) -> str:
        return f"request_id {self.request_id} of {self.tenant} belongs to another request"


class InProgress(Refused):
    """`expires`: the unix second from which a repeat is taken for a new attempt, and charged again."""

    def __init__(self, tenant: str, request_id: str, expires: float) -> None:
        super().__init__(tenant, request_id, expires)
        self.tenant = tenant
        self.request_id = request_id
        self.expires = expires

    def __str__(self) -> str:
        return f"request_id {self.request_id} of {self.tenant} is being answered"


class UnknownAttempt(Refused):
    def __init__(self, token: int) -> None:
        super().__init__(token)
        self.token = token

    def __str__(self) -> str:
        return f"no attempt {self.token} here"


class NotOpen(Refused):
    """`state`: released, settled, voided, superseded or expired."""

    def __init__(self, token: int, state: str) -> None:
        super().__init__(token, state)
        self.token = token
        self.state = state

    def __str__(self) -> str:
        return f"attempt {self.token} is {self.state}"


class AnswerTooLarge(Refused):
    """Both in bytes. The attempt stays reserved."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(size, limit)
        self.size = size
        self.limit = limit

    def __str__(self) -> str:
        return f"the answer has {self.size} bytes, the ledger keeps {self.limit}"


class BadCost(Refused):
    """`value` as its repr: it may be anything."""

    def __init__(self, value: str, why: str) -> None:
        super().__init__(value, why)
        self.value = value
        self.why = why

    def __str__(self) -> str:
        return f"a cost of {self.value}: {self.why}"


class BadName(Refused):
    def __init__(self, field: str, value: str) -> None:
        super().__init__(field, value)
        self.field = field
        self.value = value

    def __str__(self) -> str:
        return f"{self.field} is not 1 to 200 printable characters: {self.value!r}"
