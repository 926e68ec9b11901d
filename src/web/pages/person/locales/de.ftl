# Alle Texte der Seiten auf Deutsch. Dieselben Schlüssel wie `en.ftl`; ein Test vergleicht sie.

## Um jede Seite herum

layout-languages = Sprache
layout-not-yet = Noch nicht: { $title }
support = Hilfe:
moment = { $day }.{ $month }.{ $year }, { $time } UTC

## Felder

field-login = Benutzername oder E-Mail-Adresse
field-password = Passwort
field-current = Bisheriges Passwort
field-new = Neues Passwort
field-again = Dasselbe Passwort noch einmal
field-username = Benutzername
field-email = E-Mail-Adresse
field-name = Voller Name (freiwillig)
hint-length = Mindestens { $n } Zeichen. Mehrere Wörter, die nichts miteinander zu tun haben, sind ein gutes Passwort.
hint-username = Buchstaben, Ziffern, Punkte, Binde- und Unterstriche.
show-password = Zeigen
hide-password = Verbergen

strength-0 = Sehr leicht zu erraten.
strength-1 = Leicht zu erraten.
strength-2 = Könnte erraten werden.
strength-3 = Schwer zu erraten.
strength-4 = Sehr schwer zu erraten.
strength-accepted = Dieses Passwort ist in Ordnung.

## Was an einem Feld nicht stimmt

fault-empty = Bitte ausfüllen.
fault-mismatch = Das ist nicht dasselbe wie das Passwort darüber. Tippen Sie beide noch einmal.
fault-current = Das ist nicht Ihr bisheriges Passwort.
fault-invalid = Das geht hier nicht. Schreiben Sie etwas anderes.
rule-min-length = Nehmen Sie mindestens { $n } Zeichen; mehrere Wörter, die nichts miteinander zu tun haben, sind ein gutes Passwort.
rule-max-length = Nehmen Sie höchstens { $n } Zeichen.
rule-characters = Nehmen Sie Buchstaben, Ziffern, Satzzeichen und Leerzeichen: keine Steuerzeichen, nichts Unsichtbares, keine seltenen Zeichen.
rule-strength = Fügen Sie ein, zwei Wörter hinzu: dieses Passwort ist zu leicht zu erraten.
rule-common = Wählen Sie ein anderes Passwort: dieses ist verbreitet oder gemacht wie verbreitete.
rule-breached = Wählen Sie ein anderes Passwort: dieses ist anderswo bei einem Datenleck bekannt geworden.
rule-similar = Fügen Sie Wörter hinzu, die nichts mit Ihrem Namen, Ihrer Adresse oder Ihrer Organisation zu tun haben.
rule-reused-present = Wählen Sie ein anderes als das bisherige Passwort.
rule-reused-last = Wählen Sie ein anderes als Ihre letzten { $n } Passwörter.
username-too-long = Kürzen Sie den Benutzernamen auf höchstens 64 Zeichen.
username-at = Lassen Sie das @ im Benutzernamen weg; anmelden kann man sich auch mit der E-Mail-Adresse.
username-characters = Nehmen Sie für den Benutzernamen nur Buchstaben, Ziffern, Punkte, Binde- und Unterstriche.
username-edges = Der Benutzername muss mit einem Buchstaben, einer Ziffer oder einem Unterstrich beginnen und enden.
email-too-long = Kürzen Sie die E-Mail-Adresse: höchstens 254 Byte, davon 64 vor dem @.
email-at = Schreiben Sie die E-Mail-Adresse mit genau einem @, ohne Namen und spitze Klammern.
email-local = Nehmen Sie vor dem @ nur Buchstaben, Ziffern und . _ - + und dergleichen: keine Leerzeichen, Anführungszeichen oder Klammern, nichts Unsichtbares.
email-dots = Entfernen Sie den Punkt am Anfang, am Ende oder neben einem anderen Punkt vor dem @.
email-hyphen = Nehmen Sie eine E-Mail-Adresse, die nicht mit einem Bindestrich beginnt.
email-encoded = Nehmen Sie eine E-Mail-Adresse ohne =? vor dem @.
email-domain = Prüfen Sie, was nach dem @ steht: ein voller Domainname wie example.com, keine IP-Adresse, nichts Unsichtbares.
name-invalid = 1 bis 200 Zeichen ohne Zeilenumbrüche.

## Seiten für das, was kein Formular von hier ist

refused-foreign-title = Das kam von einer fremden Seite
refused-foreign = Eine fremde Webseite wollte dieses Formular für Sie abschicken. Nichts wurde geändert. Öffnen Sie Ihren Link oder diese Seite für sich allein.
refused-another-link-title = Öffnen Sie Ihren Link noch einmal
refused-another-link = Inzwischen wurde in diesem Browser ein anderer Link geöffnet, und das Formular gehört zu dem davor. Nichts wurde geändert. Öffnen Sie den Link, den Sie benutzen wollen, noch einmal.
refused-stale-title = Bitte öffnen Sie die Seite noch einmal
refused-stale = Das Formular wurde vor zu langer Zeit geöffnet, oder in diesem Browser hat sich inzwischen jemand an- oder abgemeldet. Nichts wurde geändert.
refused-cookies = Wenn das wieder geschieht, erlauben Sie Cookies für diese Seite: an einem davon wird das Formular erkannt.
refused-stale-link = Die Seite noch einmal öffnen
refused-too-long-title = Das ist zu lang
refused-too-long = Ein Formular darf 16 KiB haben. Nichts wurde geändert. Gehen Sie zurück und schreiben Sie weniger, zum Beispiel ein kürzeres Passwort.
refused-not-a-form-title = Das ist nicht das Formular
refused-not-a-form = Was geschickt wurde, schickt dieses Formular nicht. Nichts wurde geändert. Öffnen Sie die Seite oder Ihren Link noch einmal.
refused-busy-title = Bitte versuchen Sie es noch einmal
refused-busy = Der Server ist gerade beschäftigt. Nichts wurde geändert. Gehen Sie zurück und schicken Sie das Formular gleich noch einmal ab.
refused-broken-title = Hier ist etwas schiefgegangen
refused-broken = Der Server konnte das nicht tun und schreibt den Grund in sein Protokoll. Sagen Sie denen, die ihn betreiben, um welche Zeit es geschah.

## Ein neues Passwort über einen Link

reset-title = Ein neues Passwort wählen
reset-for = Für das Konto { $username }. Wenn es gespeichert ist, sind Sie überall abgemeldet, und das alte Passwort gilt nicht mehr.
reset-refused = Das Passwort wurde nicht geändert. Unten steht, was anders sein muss.
reset-save = Neues Passwort speichern
reset-until = Dieser Link gilt einmal, bis { $at }.
reset-done-title = Ihr Passwort wurde geändert
reset-done-for = Das Konto { $username } hat von jetzt an das neue Passwort.
reset-done-signed-out = Sie wurden überall abgemeldet, und das alte Passwort gilt nicht mehr.
reset-done-links = Der Link ist verbraucht, und auch kein anderer gilt mehr.
reset-done-next = Angemeldet sind Sie noch nicht: melden Sie sich mit dem neuen Passwort an.

reset-missing-title = Öffnen Sie Ihren Link noch einmal
reset-missing = Ein neues Passwort wählt man über einen Link, der dafür gemacht wurde. Öffnen Sie diesen Link von vorn; eine Seite, die länger als zehn Minuten offen steht, vergisst ihn.
reset-missing-cookies = Falls Ihr Browser für diese Seite keine Cookies behält, erlauben Sie sie: in einem davon bleibt der Link zehn Minuten gemerkt.
reset-unknown-title = Diesen Link gibt es nicht
reset-unknown = Vielleicht fehlt ein Stück: kopieren Sie den ganzen Link, von http bis zum letzten Buchstaben, und öffnen Sie ihn noch einmal.
reset-unknown-old = Hilft das nicht, ist er schon lange vorbei.
reset-used-title = Dieser Link ist verbraucht
reset-used = Mit ihm wurde am { $at } ein Passwort gewählt. Ein Link gilt einmal.
reset-used-you = Waren Sie das, melden Sie sich mit dem neuen Passwort an. Wenn nicht, sagen Sie es sofort denen, die diese Seite betreiben: jemand anderes hat ihn geöffnet.
reset-expired-title = Dieser Link ist abgelaufen
reset-expired = Er galt bis { $at }. Ihr Passwort ist, wie es war.
reset-superseded-title = Es gibt einen neueren Link
reset-superseded = Am { $at } wurde ein neuerer Link für Sie gemacht, und nur der neueste gilt. Ihr Passwort ist, wie es war.
reset-superseded-next = Öffnen Sie den neuesten Link.
reset-closed-title = Dieses Konto ist nicht aktiv
reset-closed = Das Konto, für das der Link gemacht wurde, ist gesperrt oder gelöscht; für es kann kein Passwort gewählt werden.
reset-closed-next = Fragen Sie Ihre Administratoren.
reset-elsewhere-title = Dieses Passwort liegt anderswo
reset-elsewhere = Sie melden sich über ein anderes System an, und dort liegt Ihr Passwort. Ändern Sie es dort.
reset-revoked-title = Dieser Link gilt nicht mehr
reset-revoked = Am { $at } wurde etwas am Konto geändert, zum Beispiel das Passwort oder die Adresse, und damit endete jeder frühere Link.
reset-withdrawn = Am { $at } hat ein Administrator ihn zurückgezogen. Ihr Passwort ist, wie es war.
reset-withdrawn-next = Fragen Sie Ihre Administratoren nach dem Grund.
ask-another = Sie können sich einen neuen Link schicken lassen:
ask-giver = Bitten Sie die Person, von der Sie ihn haben, um einen neuen.

## Der erste Eigentümer

setup-title = { $site } einrichten
setup-intro = Hier hat noch niemand ein Konto. Dieses Formular legt das erste an, das des { $owner }, der alles darf.
setup-owner = Eigentümers
setup-refused = Es wurde kein Konto angelegt. Unten steht, was anders sein muss.
setup-make = Eigentümer anlegen
setup-done-title = { $site } hat einen Eigentümer
setup-done-for = Das Konto { $username } wurde mit dem gewählten Passwort angelegt. Alle Einrichtungslinks sind beendet.
setup-next-title = Wie es weitergeht
setup-next-key = Für Programme und Portale machen Sie auf der Kommandozeile des Servers einen API-Schlüssel:
setup-next-try = Probieren Sie die API im Browser aus: { $link }, Beispiel „Sign in“.
setup-next-doctor = Sehen Sie nach, ob etwas fehlt, zum Beispiel Mail:
setup-next-second = Legen Sie einen zweiten Eigentümer an, damit ein verlorenes Passwort niemanden aussperrt:
setup-missing-title = Öffnen Sie den Einrichtungslink noch einmal
setup-missing = Der erste Eigentümer entsteht über den Link, den der Server beim Start in sein Protokoll schreibt, solange niemand ein Konto hat. Öffnen Sie diesen Link von vorn; eine Seite, die länger als zehn Minuten offen steht, vergisst ihn.
setup-unknown-title = Diesen Einrichtungslink gibt es nicht
setup-unknown = Vielleicht fehlt ein Stück: kopieren Sie den ganzen Link aus dem Protokoll des Servers und öffnen Sie ihn noch einmal.
setup-used-title = Dieser Einrichtungslink ist verbraucht
setup-used = Mit ihm wurde am { $at } der erste Eigentümer angelegt. Ein Link gilt einmal.
setup-used-you = Waren Sie das nicht, hat jemand anderes das Protokoll des Servers gelesen: halten Sie den Server an und beginnen Sie mit einer leeren Datenbank.
setup-expired-title = Dieser Einrichtungslink ist abgelaufen
setup-expired = Er galt bis { $at }. Starten Sie den Server neu; dann schreibt er einen neuen in sein Protokoll.
setup-closed-title = Es gibt nichts einzurichten
setup-closed = Hier hat schon jemand ein Konto, deshalb gelten Einrichtungslinks nicht mehr.
setup-command = Auf der Kommandozeile des Servers legt { $command } jederzeit einen Eigentümer oder Administrator an.

## Anmelden

sign-in-title = Anmelden
sign-in-submit = Anmelden
sign-in-forgot = Passwort vergessen?
sign-in-signed-out = Sie sind abgemeldet.
sign-in-session-over = Ihre Sitzung ist zu Ende. Melden Sie sich noch einmal an.
sign-in-tries = Ihre Sitzung ist zu Ende, weil zu oft ein falsches Passwort angegeben wurde. Nichts wurde geändert. Melden Sie sich noch einmal an.
sign-in-first = Melden Sie sich an, um diese Seite zu sehen.
sign-in-wrong = Benutzername und Passwort gehören nicht zusammen, oder dieses Konto kann sich hier nicht anmelden. Nach mehreren falschen Versuchen wartet ein Konto eine Weile, bevor es wieder ein Passwort ansieht.
sign-in-temporary-over = Das war das richtige Passwort, aber es galt nur bis { $at }.
temporary-over-forgot = Lassen Sie sich einen Link schicken, über den Sie ein neues wählen:
temporary-over-ask = Bitten Sie einen Administrator um ein neues.
too-often = Zu viele Versuche. Warten Sie { $n ->
    [one] eine Minute
   *[other] { $n } Minuten
} und versuchen Sie es dann noch einmal.
busy = Der Server ist gerade beschäftigt. Versuchen Sie es gleich noch einmal.

## Das eigene Passwort ändern

change-title = Passwort ändern
change-for = Sie sind angemeldet als { $username }.
change-demanded = Das Konto { $username } braucht ein neues Passwort, bevor es weitergeht. Wählen Sie eines, das nur Sie kennen.
change-refused = Ihr Passwort wurde nicht geändert. Unten steht, was anders sein muss.
change-others = Auf allen anderen Geräten abmelden
change-save = Neues Passwort speichern
change-back = Zurück zu Ihrem Konto
change-elsewhere-title = Ihr Passwort liegt anderswo
change-elsewhere = Sie melden sich über ein anderes System an, und dort liegt Ihr Passwort. Ändern Sie es dort.

## Das eigene Konto

account-title = Ihr Konto
account-changed = Ihr Passwort wurde geändert.
account-name = Name
account-username = Benutzername
account-email = E-Mail-Adresse
account-none = keine
account-last-sign-in = Zuletzt angemeldet
account-password-changed = Passwort geändert
account-change = Passwort ändern
account-sign-out = Abmelden
account-sign-out-everywhere = Überall abmelden
account-session-ended = Die Sitzung ist beendet.
account-sessions = Wo Sie angemeldet sind
session-this = dieser Browser
session-on = { $program } auf { $system }
session-unknown = Ein anderes Programm
session-times = Zuletzt benutzt { $used }, begonnen { $begun }
session-end = Diese Sitzung beenden
account-devices = Vertrauenswürdige Geräte
account-devices-hint = Mit diesen Browsern haben Sie sich schon angemeldet. Fehlversuche anderer sperren sie nicht aus. Entfernen Sie, was Sie nicht kennen.
account-device-forgotten = Dem Gerät wird nicht mehr vertraut.
device-times = Zuletzt angemeldet { $used }, zuerst angemeldet { $begun }
device-forget = Dieses Gerät entfernen

## Das Passwort noch einmal

confirm-title = Bestätigen Sie, dass Sie es sind
confirm-for = Um andere Sitzungen von { $username } zu beenden, geben Sie Ihr Passwort ein.
confirm-submit = Weiter

## Vergessene Passwörter

forgot-title = Passwort vergessen?
forgot-intro = Sagen Sie, wer Sie sind, und wir schicken einen Link, über den Sie ein neues Passwort wählen. Bis dahin bleibt alles, wie es ist.
forgot-submit = Link schicken
forgot-spoken = Jemand hat mir einen Code aus 16 Zeichen vorgelesen
forgot-disabled = Hier kann man keine Links anfordern. Bitten Sie einen Administrator um ein neues Passwort oder einen Link.
back-to-sign-in = Zurück zur Anmeldung
forgot-sent-title = Sehen Sie in Ihre Mail
forgot-sent = Falls { $login } hier ein Konto mit bestätigter E-Mail-Adresse ist, ist eine Mail dorthin unterwegs. Ob es eines gibt, erfährt niemand.
forgot-sent-link = Der Link darin gilt { $n ->
    [one] { $n } Minute
   *[other] { $n } Minuten
}, auf jedem Gerät. Oder tippen Sie den Code aus der Mail hier ein:
forgot-nothing = Nichts gekommen? Sehen Sie im Spam-Ordner nach, oder
forgot-again = fordern Sie noch einen an.
field-code = Code aus acht Ziffern
hint-code = Er gilt { $n ->
    [one] { $n } Minute
   *[other] { $n } Minuten
}, nur in diesem Browser und für fünf Versuche.
code-submit = Weiter
code-wrong = Dieser Code gilt nicht: er ist falsch, zu alt oder wurde zu oft versucht. Sehen Sie in die neueste Mail, oder fordern Sie einen neuen an.

spoken-title = Code eintippen
spoken-intro = Für einen Code, den Ihnen ein Administrator vorgelesen oder gegeben hat. Er steht an der Stelle eines Links.
field-spoken = Code aus 16 Zeichen
hint-spoken = Vier Gruppen zu vier. Groß oder klein, Leerzeichen und Bindestriche sind gleichgültig.
spoken-shape = Ein Code hat 16 Buchstaben und Ziffern. Es fehlen welche, es sind zu viele oder falsche dabei.
spoken-check = Etwas daran stimmt nicht: ein Zeichen wurde falsch verstanden, oder zwei sind vertauscht. Vergleichen Sie noch einmal.
spoken-unknown = Kein Link hat diesen Code. Bitten Sie die Person, von der Sie ihn haben, um einen neuen.

## Das war ich nicht

not-me-title = Nicht Sie haben das Passwort geändert?
not-me-intro = Jemand hat das Passwort Ihres Kontos geändert, und die Mail mit diesem Link hat es Ihnen gesagt.
not-me-effect = Waren Sie das nicht, nennen Sie das Konto: dann gilt sein Passwort nicht mehr, und alle sind davon abgemeldet. Danach wählen Sie ein neues Passwort.
hint-not-me = Das des Kontos, um das es in der Mail ging. Daran sehen wir, dass ein Mensch den Link geöffnet hat.
not-me-submit = Das war ich nicht. Passwort sperren
not-me-wrong = Das ist nicht das Konto, um das es in der Mail ging. Nichts wurde geändert.
not-me-done-title = Das Passwort ist gesperrt
not-me-done = Mit seinem Passwort kann sich niemand mehr am Konto { $username } anmelden, alle wurden abgemeldet, API-Schlüssel des Kontos gelten nicht mehr, und für die Administratoren wurde ein Alarm vermerkt.
not-me-next = Wählen Sie jetzt ein neues Passwort:
not-me-ask = Bitten Sie einen Administrator um ein neues Passwort.
not-me-mailbox = Falls jemand anderes Ihre Mail gelesen haben kann, ändern Sie zuerst das Passwort Ihres Postfachs.
not-me-missing = Öffnen Sie den Link in der Mail von vorn; eine Seite, die länger als zehn Minuten offen steht, vergisst ihn.
not-me-used-title = Dieser Link ist verbraucht
not-me-used = Mit ihm wurde das Passwort am { $at } gesperrt.
not-me-expired = Er galt bis { $at }.
not-me-over = Am { $at } wurde das Passwort noch einmal geändert, und damit endete dieser Link.
not-me-closed = Das Konto, für das dieser Link gemacht wurde, ist gelöscht.
not-me-tell = Falls jemand anderes Ihr Konto benutzt, sagen Sie es sofort Ihren Administratoren.

reset-done-signed-in = Sie sind angemeldet.
reset-done-on = Weiter
