# Every text of the pages, in English. `de.ftl` has the same keys; a test compares them.
# Plain text: whatever looks like HTML is shown as it is. Figures and names come in as { $… }.

## Around every page

layout-languages = Language
layout-not-yet = Not yet: { $title }
support = Help:
moment = { $year }-{ $month }-{ $day } { $time } UTC

## Fields of forms

field-login = Username or e-mail address
field-password = Password
field-current = Present password
field-new = New password
field-again = The same password again
field-username = Username
field-email = E-mail address
field-name = Full name (optional)
hint-length = At least { $n } characters. Several unrelated words make a good password.
hint-username = Letters, digits, dots, hyphens and underscores.
show-password = Show
hide-password = Hide

strength-0 = Very easy to guess.
strength-1 = Easy to guess.
strength-2 = Could be guessed.
strength-3 = Hard to guess.
strength-4 = Very hard to guess.
strength-accepted = This password can be used.

## What is wrong with a field

fault-empty = Fill this in.
fault-mismatch = This is not the same as the password above. Type both again.
fault-current = This is not your present password.
fault-invalid = This cannot be used. Write something else.
rule-min-length = Use at least { $n ->
    [one] { $n } character
   *[other] { $n } characters
}; several unrelated words make a good password.
rule-max-length = Use at most { $n ->
    [one] { $n } character
   *[other] { $n } characters
}.
rule-characters = Use letters, digits, signs and spaces: leave out control, invisible and rare characters.
rule-strength = Add another word or two: this password is too easy to guess.
rule-common = Choose another password: this one is common, or made like common ones.
rule-breached = Choose another password: this one is known from a data breach elsewhere.
rule-similar = Add words that have nothing to do with your name, address or organisation.
rule-reused-present = Choose a password other than the present one.
rule-reused-last = Choose a password other than your last { $n }.
username-too-long = Shorten the username to at most 64 characters.
username-at = Remove the @ from the username; sign-in also takes the e-mail address.
username-characters = Use only letters, digits, dots, hyphens and underscores in the username.
username-edges = Let the username start and end with a letter, a digit or an underscore.
email-too-long = Shorten the e-mail address: at most 254 bytes, of which 64 before the @.
email-at = Write the e-mail address with exactly one @, without a name or angle brackets.
email-local = Use only letters, digits and . _ - + and the like before the @: no spaces, no quotes, no brackets, no invisible characters.
email-dots = Remove the dot at the start, at the end or beside another dot before the @.
email-hyphen = Use an e-mail address that does not start with a hyphen.
email-encoded = Use an e-mail address without =? before the @.
email-domain = Check the part after the @: a full domain name such as example.com, not an IP address, without invisible characters.
name-invalid = Must be 1 to 200 characters without line breaks.

## Pages that answer what is no form of ours

refused-foreign-title = This came from another page
refused-foreign = Another web page tried to send this form for you. Nothing was changed. Open the link you were given, or this page, by itself.
refused-another-link-title = Open your link again
refused-another-link = Meanwhile another link was opened in this browser, and the form belongs to the one before. Nothing was changed. Open the link you want to use once more.
refused-stale-title = Please open the page again
refused-stale = This form was opened too long ago, or somebody signed in or out in this browser meanwhile. Nothing was changed.
refused-cookies = If this happens again, allow cookies for this site: the form is recognised by one.
refused-stale-link = Open the page again
refused-too-long-title = That is too long
refused-too-long = A form may have 16 KiB. Nothing was changed. Go back and write less, for example a shorter password.
refused-not-a-form-title = This is not the form
refused-not-a-form = What was sent is not what this form sends. Nothing was changed. Open the page or the link you were given once more.
refused-busy-title = Please try again
refused-busy = The server is busy. Nothing was changed. Go back and send the form again in a moment.
refused-broken-title = Something went wrong here
refused-broken = The server could not do this, and says why in its log. Tell whoever runs it the time at which it happened.

## A new password by a link

reset-title = Choose a new password
reset-for = For the account { $username }. When it is saved, you are signed out everywhere and the old password no longer works.
reset-refused = The password was not changed. See below what to do differently.
reset-save = Save the new password
reset-until = This link works once, until { $at }.
reset-done-title = Your password was changed
reset-done-for = The account { $username } has the new password from now on.
reset-done-signed-out = You were signed out everywhere, and the old password no longer works.
reset-done-links = The link was used up; no other link works either.
reset-done-next = You are not signed in yet: sign in with the new password.

reset-missing-title = Open your link again
reset-missing = A new password is chosen by a link that was made for you. Open that link from its beginning; a page that is left open for more than ten minutes forgets it.
reset-missing-cookies = If your browser keeps no cookies for this site, allow them: the link is remembered in one for ten minutes.
reset-unknown-title = This link is not known
reset-unknown = Perhaps a part of it is missing: copy the whole link, from http to its last letter, and open it again.
reset-unknown-old = If that does not help, it is from long ago.
reset-used-title = This link was used
reset-used = A password was chosen with it on { $at }. A link works once.
reset-used-you = If that was you, sign in with the new password. If it was not, tell whoever runs this site at once: somebody else has opened it.
reset-expired-title = This link has expired
reset-expired = It worked until { $at }. Your password is as it was.
reset-superseded-title = There is a newer link
reset-superseded = A newer link was made for you on { $at }, and only the newest one works. Your password is as it was.
reset-superseded-next = Open the newest link.
reset-closed-title = This account is not active
reset-closed = The account this link was made for is disabled or deleted, so no password can be chosen for it.
reset-closed-next = Ask your administrators.
reset-elsewhere-title = This password is kept elsewhere
reset-elsewhere = You sign in through another system, which keeps your password. Change it there.
reset-revoked-title = This link no longer works
reset-revoked = Something about the account was changed on { $at }, for example its password or its address, and that ended every link made before.
reset-withdrawn = An administrator revoked it on { $at }. Your password is as it was.
reset-withdrawn-next = Ask your administrators why.
ask-another = You can have a new link sent to you:
ask-giver = Ask whoever gave it to you for a new one.

## The first owner

setup-title = Set up { $site }
setup-intro = Nobody has an account here yet. This form makes the first one, its { $owner }, who may do everything.
setup-owner = owner
setup-refused = No account was made. See below what to do differently.
setup-make = Make the owner
setup-done-title = { $site } has an owner
setup-done-for = The account { $username } was made with the password you chose. Every setup link has ended.
setup-next-title = Where to go next
setup-next-key = For programs and portals, make an API key at the server’s command line:
setup-next-try = Try the API in the browser: { $link }, example “Sign in”.
setup-next-doctor = See whether anything is missing, such as mail:
setup-next-second = Make a second owner, so that one lost password locks nobody out:
setup-missing-title = Open the setup link again
setup-missing = The first owner is made by the link that the server writes into its log when it starts and nobody has an account. Open that link from its beginning; a page that is left open for more than ten minutes forgets it.
setup-unknown-title = This setup link is not known
setup-unknown = Perhaps a part of it is missing: copy the whole link from the server’s log and open it again.
setup-used-title = This setup link was used
setup-used = The first owner was made with it on { $at }. A link works once.
setup-used-you = If that was not you, somebody else has read the server’s log: stop the server and begin with an empty database.
setup-expired-title = This setup link has expired
setup-expired = It worked until { $at }. Start the server again, and it writes a new one into its log.
setup-closed-title = There is nothing to set up
setup-closed = Somebody has an account here already, so setup links no longer work.
setup-command = At the server’s command line { $command } makes an owner or an administrator at any time.

## Signing in

sign-in-title = Sign in
sign-in-submit = Sign in
sign-in-forgot = Forgot your password?
sign-in-signed-out = You are signed out.
sign-in-session-over = Your session has ended. Sign in again.
sign-in-tries = Your session has ended, because a wrong password was given too often. Nothing was changed. Sign in again.
sign-in-first = Sign in to see this page.
sign-in-wrong = Login and password do not go together, or this account cannot sign in here. After several wrong tries an account waits a while before it looks at a password again.
sign-in-temporary-over = That was the right password, but it worked until { $at } only.
temporary-over-forgot = Have a link sent to you, by which you choose a new one:
temporary-over-ask = Ask an administrator for another one.
too-often = Too many tries. Wait { $n ->
    [one] one minute
   *[other] { $n } minutes
}, then try again.
busy = The server is busy. Try again in a moment.

## Changing one's own password

change-title = Change your password
change-for = You are signed in as { $username }.
change-demanded = The account { $username } needs a new password before you can go on. Choose one that only you know.
change-refused = Your password was not changed. See below what to do differently.
change-others = Sign me out on all other devices
change-save = Save the new password
change-back = Back to your account
change-elsewhere-title = Your password is kept elsewhere
change-elsewhere = You sign in through another system, which keeps your password. Change it there.

## One's own account

account-title = Your account
account-changed = Your password was changed.
account-name = Name
account-username = Username
account-email = E-mail address
account-none = none
account-last-sign-in = Last sign-in
account-password-changed = Password changed
account-change = Change your password
account-sign-out = Sign out
account-sign-out-everywhere = Sign out everywhere
account-session-ended = The session has ended.
account-sessions = Where you are signed in
session-this = this browser
session-on = { $program } on { $system }
session-unknown = Another program
session-times = Last used { $used }, begun { $begun }
session-end = End this session
account-devices = Trusted devices
account-devices-hint = You have signed in with these browsers before. Failed sign-ins by others don't lock them out. Remove any you don't recognize.
account-device-forgotten = The device is no longer trusted.
device-times = Last sign-in { $used }, first sign-in { $begun }
device-forget = Remove this device

## The password once more

confirm-title = Confirm it’s you
confirm-for = To end other sessions of { $username }, enter your password.
confirm-submit = Continue

## Forgotten passwords

forgot-title = Forgot your password?
forgot-intro = Say who you are, and we send a link by which you choose a new password. Until you do, everything stays as it is.
forgot-submit = Send me a link
forgot-spoken = Somebody read a code of 16 characters out to me
forgot-disabled = Links cannot be asked for here. Ask an administrator for a new password or a link.
back-to-sign-in = Back to signing in
forgot-sent-title = Look into your mail
forgot-sent = If { $login } is an account here with a verified e-mail address, a mail is on its way to that address. Whether there is one is told to nobody.
forgot-sent-link = The link in it works for { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
}, on any device. Or type the code of the mail here:
forgot-nothing = Nothing came? Look into the folder for spam, or
forgot-again = ask once more.
field-code = Code of eight digits
hint-code = It works for { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
}, in this browser alone, and takes five tries.
code-submit = Go on
code-wrong = This code does not work: it is wrong, too old, or was tried too often. Look into the newest mail, or ask for another one.

spoken-title = Type in your code
spoken-intro = For a code that an administrator read out or gave to you. It is used in place of a link.
field-spoken = Code of 16 characters
hint-spoken = Four groups of four. Small or large letters, spaces and hyphens do not matter.
spoken-shape = A code has 16 letters and digits. Some are missing, too many or of the wrong kind.
spoken-check = Something in it is not right: one character was misheard, or two were swapped. Compare it once more.
spoken-unknown = No link has this code. Ask whoever gave it to you for a new one.

## It was not me

not-me-title = It was not you who changed the password?
not-me-intro = Somebody changed the password of your account, and the mail with this link told you so.
not-me-effect = If it was not you: name the account, and its password stops working, and everybody is signed out of it. You then choose a new password.
hint-not-me = Of the account the mail was about. So we know that a person opened this link.
not-me-submit = It was not me. Block the password
not-me-wrong = This is not the account of that mail. Nothing was changed.
not-me-done-title = The password is blocked
not-me-done = Nobody can sign in to the account { $username } with its password any more, everybody was signed out, API keys of the account ended, and an alert was recorded for the administrators.
not-me-next = Choose a new password now:
not-me-ask = Ask an administrator for a new password.
not-me-mailbox = If somebody else may have read your mail, change the password of your mailbox first.
not-me-missing = Open the link in the mail from its beginning; a page that is left open for more than ten minutes forgets it.
not-me-used-title = This link was used
not-me-used = The password was blocked with it on { $at }.
not-me-expired = It worked until { $at }.
not-me-over = The password was changed once more on { $at }, and that ended this link.
not-me-closed = The account this link was made for was deleted.
not-me-tell = If somebody else uses your account, tell your administrators at once.

reset-done-signed-in = You are signed in.
reset-done-on = Go on
