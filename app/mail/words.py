"""What mails say, in each language. Braces name what is filled in."""

from app.domain.shared.text import all_languages

GREETING = all_languages("Good day,", "您好：", "Bonjour,", "Guten Tag,")
CLOSING = all_languages(
    "Your unit, step by step: {link}",
    "查看您的产品进度：{link}",
    "Votre appareil, étape par étape : {link}",
    "Ihr Gerät, Schritt für Schritt: {link}",
)
ASKED = all_languages(
    "Your decision on {model} {code}",
    "请您决定：{model} {code}",
    "Votre décision pour {model} {code}",
    "Ihre Entscheidung zu {model} {code}",
)
MEASURED = all_languages(
    "{name}: {value}, allowed: {limits}",
    "{name}：{value}，允许：{limits}",
    "{name} : {value}, admis : {limits}",
    "{name}: {value}, zulässig: {limits}",
)
DEADLINE = all_languages(
    "Please decide by {deadline}. After that, this applies: {default}.",
    "请在 {deadline} 之前决定。逾期将按以下方式处理：{default}。",
    "Merci de décider avant le {deadline}. Ensuite s'applique : {default}.",
    "Bitte entscheiden Sie bis {deadline}. Danach gilt: {default}.",
)
DEFAULTED = all_languages(
    "Decided for {model} {code}",
    "已按默认方式处理：{model} {code}",
    "Décidé pour {model} {code}",
    "Entschieden zu {model} {code}",
)
APPLIES = all_languages(
    "The deadline for your decision has passed. This applies now: {choice}.",
    "决定期限已过，现按以下方式处理：{choice}。",
    "Le délai pour votre décision est passé. S'applique désormais : {choice}.",
    "Die Frist für Ihre Entscheidung ist abgelaufen. Nun gilt: {choice}.",
)
ISSUED = all_languages(
    "The performance report of {model} {code}",
    "性能检测报告：{model} {code}",
    "Le rapport de performance de {model} {code}",
    "Der Leistungsbericht zu {model} {code}",
)
RELEASED_AS_IT_IS = all_languages(
    "Your unit is finished, and released with what was accepted as it is. Its performance report (revision {revision}) "
    "says:",
    "您的产品已完工，并连同按现状接受的项目一起放行。其性能检测报告（版本 {revision}）结论如下：",
    "Votre appareil est terminé, et libéré avec ce qui a été accepté en l'état. Son rapport de performance "
    "(révision {revision}) dit :",
    "Ihr Gerät ist fertig und mit dem freigegeben, was so angenommen wurde. Sein Leistungsbericht "
    "(Revision {revision}) sagt:",
)
RELEASED = all_languages(
    "Your unit is finished and has passed its final inspection. Its performance report (revision {revision}) says:",
    "您的产品已完工并通过最终检验。其性能检测报告（版本 {revision}）结论如下：",
    "Votre appareil est terminé et a réussi son contrôle final. Son rapport de performance (révision {revision}) dit :",
    "Ihr Gerät ist fertig und hat die Endprüfung bestanden. Sein Leistungsbericht (Revision {revision}) sagt:",
)
INVITATION = all_languages(
    "An invitation to design together: {model}",
    "邀请您一起设计：{model}",
    "Une invitation à concevoir ensemble : {model}",
    "Eine Einladung zum gemeinsamen Gestalten: {model}",
)
INVITED = all_languages(
    "Somebody is designing this appliance with us and asks you to join in: {model}. "
    "The invitation is good until {until}.",
    "有人正在我们这里设计一款产品，邀请您参与：{model}。邀请有效期至 {until}。",
    "Quelqu'un conçoit cet appareil chez nous et vous propose d'y participer : {model}. L'invitation est valable "
    "jusqu'au {until}.",
    "Jemand gestaltet bei uns dieses Gerät und lädt Sie ein, mitzumachen: {model}. Die Einladung gilt bis {until}.",
)
ACCEPT = all_languages(
    "Sign in with this e-mail address, or sign up with it, to see who invites you and to accept: {link}",
    "请使用此邮箱登录或注册，查看邀请人并接受邀请：{link}",
    "Connectez-vous avec cette adresse, ou inscrivez-vous avec elle, pour voir qui vous invite et accepter : {link}",
    "Melden Sie sich mit dieser Adresse an oder registrieren Sie sich damit, um zu sehen, wer Sie einlädt, und "
    "anzunehmen: {link}",
)
