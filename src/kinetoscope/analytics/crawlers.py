"""Crawlers that say what they are. Kept by hand: names from the operators' own pages.

HTTP libraries are not in it: back ends report views, too.
"""

import re

is_declared_crawler = re.compile(
    r"googlebot|google-(inspectiontool|extended|safety)|apis-google|adsbot-google|mediapartners-google"
    r"|storebot-google|bingbot|bingpreview|adidxbot|slurp|duckduckbot|duckassistbot|baiduspider|yandex(bot|images|video|metrika)"
    r"|sogou .*spider|exabot|seznambot|petalbot|applebot|amazonbot|bytespider|ccbot|ia_archiver"
    r"|archive\.org_bot|gptbot|oai-searchbot|chatgpt-user|claudebot|claude-(web|user|searchbot)|anthropic-ai|perplexitybot"
    r"|cohere-ai|meta-external(agent|fetcher)|facebookexternalhit|facebookbot|twitterbot|linkedinbot|slackbot"
    r"|discordbot|telegrambot|whatsapp/|pinterest(bot)?/|redditbot|embedly|skypeuripreview|mastodon/"
    r"|ahrefsbot|semrushbot|mj12bot|dotbot|rogerbot|screaming frog|serpstatbot|dataforseobot|blexbot"
    r"|uptimerobot|pingdom|statuscake|site24x7|headlesschrome-lighthouse|chrome-lighthouse",
    re.IGNORECASE,
).search
