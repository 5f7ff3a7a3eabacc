#!/usr/bin/env python3
"""make_baseline.py OUT RECORDS FILE... - one PubmedArticleSet of so many records, made of the
PubmedArticle elements of files of PubMed XML, over and over, each with a PMID of its own: a file
like those of PubMed's baseline, which have 30,000, to measure with."""
import re
import sys

HEAD = b'<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>\n'
ARTICLE = re.compile(rb'<PubmedArticle>.*?</PubmedArticle>', re.DOTALL)
PMID = re.compile(rb'(<MedlineCitation[^>]*>\s*<PMID[^>]*>)\d+')


def articles(paths):
    for path in paths:
        with open(path, 'rb') as file:
            for article in ARTICLE.findall(file.read()):
                # Those of the baseline have about 6 KB.
                if len(article) < 12000:
                    yield article


def main():
    out, count, paths = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    taken = list(articles(paths))
    with open(out, 'wb') as file:
        file.write(HEAD)
        for i in range(count):
            article = taken[i % len(taken)]
            file.write(PMID.sub(rb'\g<1>%d' % (1000000 + i), article, count=1) + b'\n')
        file.write(b'</PubmedArticleSet>\n')


main()
