"""What can go wrong with schools, users and logging in."""

from shared.errors import Conflict, Forbidden, Invalid, NotFound, TooManyRequests, Unauthenticated


class WrongCredentials(Unauthenticated):
    """用户名或密码不正确。"""

    code = "wrong_credentials"


class UserIsDisabled(Unauthenticated):
    """该账号已停用，请联系管理员。"""

    code = "user_disabled"


class SchoolIsDisabled(Unauthenticated):
    """该学校已停用，请联系区县图书馆管理员。"""

    code = "school_disabled"


class RefreshTokenInvalid(Unauthenticated):
    """登录已失效，请重新登录。"""

    code = "refresh_token_invalid"


class RefreshTokenReused(Unauthenticated):
    """登录凭据被重复使用，为安全起见已退出登录，请重新登录。"""

    code = "refresh_token_reused"


class SessionExpired(Unauthenticated):
    """登录已超过有效时间，请重新登录。"""

    code = "session_expired"


class RefreshSuperseded(Conflict):
    """登录刚刚在另一个窗口中更新，请重试。"""

    code = "refresh_superseded"


class LoginLocked(TooManyRequests):
    """密码错误次数过多，该用户名已暂时锁定。"""

    code = "login_locked"


class LoginBusy(TooManyRequests):
    """登录的人太多，请稍后再试。"""

    code = "login_busy"


class PasswordInvalid(Invalid):
    """密码不符合要求。"""

    code = "password_invalid"


class CurrentPasswordWrong(Invalid):
    """当前密码不正确。"""

    code = "current_password_wrong"


class DistrictNotFound(NotFound):
    """没有找到该区县。"""

    code = "district_not_found"


class SchoolNotFound(NotFound):
    """没有找到该学校。"""

    code = "school_not_found"


class UserNotFound(NotFound):
    """没有找到该用户。"""

    code = "user_not_found"


class DistrictInvalid(Invalid):
    """请选择区县。"""

    code = "district_invalid"


class SchoolInvalid(Invalid):
    """学校信息填写有误，请按提示修改。"""

    code = "school_invalid"


class UserInvalid(Invalid):
    """用户信息填写有误，请按提示修改。"""

    code = "user_invalid"


class SchoolNameTaken(Conflict):
    """该区县已有同名的学校。"""

    code = "name_taken"


class UsernameTaken(Conflict):
    """该用户名已被使用，请换一个。"""

    code = "username_taken"


class OwnAccount(Conflict):
    """不能停用自己的账号或重置自己的密码；修改密码请用“修改密码”。"""

    code = "own_account"


class UserScopeForbidden(Forbidden):
    """您只能开通本区县学校的用户。"""

    code = "user_scope_forbidden"
