"""Train implicit ALS with Spark on exported votes, and write factors that Kinetoscope loads.

kinetoscope recommendations export votes
pip install pyspark
python examples/spark/train_als.py votes          # on this machine; on a cluster: spark-submit --master …
kinetoscope recommendations load-factors votes
"""

import csv
import sys
from pathlib import Path

from pyspark import SparkConf
from pyspark.ml.feature import StringIndexer
from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession
from pyspark.sql.functions import lit

FACTORS = 48


def main() -> None:
    """Read `votes.parquet`, or `votes.csv`, from the folder that is named; write `factors.csv` there."""
    folder = Path(sys.argv[1])
    configured = SparkConf().setAppName("kinetoscope-als").setIfMissing("spark.master", "local[*]")
    spark = SparkSession.builder.config(conf=configured).getOrCreate()
    parquet = folder / "votes.parquet"
    votes = (
        spark.read.parquet(str(parquet))
        if parquet.exists()
        else spark.read.csv(str(folder / "votes.csv"), header=True)
    )
    voters = StringIndexer(inputCol="voter", outputCol="user").fit(
        votes.withColumn("voter", votes.voter.cast("string"))
    )
    videos = StringIndexer(inputCol="video", outputCol="item").fit(votes)
    numbered = videos.transform(voters.transform(votes.withColumn("voter", votes.voter.cast("string"))))
    model = ALS(
        rank=FACTORS,
        maxIter=10,
        regParam=0.1,
        alpha=20.0,
        implicitPrefs=True,
        userCol="user",
        itemCol="item",
        ratingCol="rating",
        seed=0,
    ).fit(numbered.withColumn("rating", lit(1.0)))
    with (folder / "factors.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for row in model.itemFactors.toLocalIterator():
            writer.writerow([videos.labels[row.id], *row.features])
    spark.stop()


if __name__ == "__main__":
    main()
