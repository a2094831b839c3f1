using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Audit;
using Scim.Domain.Tenants;

namespace Scim.Domain.Tests.Audit;

[Property("Capability", "Every kind of tampering with the journal is found, and erasure is told apart from it")]
internal sealed class ChainVerifierTests
{
    private static readonly int Times = Environment.GetEnvironmentVariable("SCIM_SOAK") == "1" ? 1_000 : 40;

    private static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    [OneTimeTearDown]
    public void Forget() => Key.Dispose();

    [Test]
    public void A_trail_that_nobody_touched_is_intact() =>
        Repeat(trail =>
        {
            var report = trail.Verify();

            report.Findings.Should().BeEmpty();
            report.Rows.Should().Be(trail.Rows.Count);
            report.Unsealed.Should().Be(trail.Rows.Count(row => row.Row.Sequence > trail.Seals[^1].LastSequence));
            report.VouchedSeal.Should().Be(trail.Seals.Count);
        });

    [Test]
    public void A_changed_row_is_found() =>
        Mutate(
            (trail, random) =>
            {
                var at = trail.SealedIndex(random);
                trail.Rows[at] = trail.Rows[at] with { Row = Change(trail.Rows[at].Row, random.Next(13)) };
                return FindingKind.RowChangedOrInserted;
            }
        );

    [Test]
    public void A_deleted_row_is_found() =>
        Mutate(
            (trail, random) =>
            {
                trail.Rows.RemoveAt(trail.SealedIndex(random));
                return FindingKind.RowMissing;
            }
        );

    [Test]
    public void Swapped_rows_are_found() =>
        Mutate(
            (trail, random) =>
            {
                var at = random.Next(trail.SealedCount - 1);
                var (one, other) = (trail.Rows[at], trail.Rows[at + 1]);
                if (random.Next(2) == 0)
                {
                    // As rows are in a database: each takes the number of the other.
                    (one, other) = (
                        one with
                        {
                            Row = one.Row with { Sequence = other.Row.Sequence },
                        },
                        other with
                        {
                            Row = other.Row with { Sequence = one.Row.Sequence },
                        }
                    );
                    (trail.Rows[at], trail.Rows[at + 1]) = (other, one);
                    return FindingKind.RowChangedOrInserted;
                }

                // As lines are in a file.
                (trail.Rows[at], trail.Rows[at + 1]) = (other, one);
                return null;
            }
        );

    [Test]
    public void An_inserted_row_is_found() =>
        Mutate(
            (trail, random) =>
            {
                var at = trail.SealedIndex(random);
                var row = trail.Rows[at].Row;
                // Sequences of a tenant have gaps: other tenants' rows are in them.
                trail.Rows.Insert(
                    at,
                    new Kept(row with { Sequence = row.Sequence - 1, ChangeDigest = null }, null, null)
                );
                return FindingKind.RowChangedOrInserted;
            }
        );

    [Test]
    public void A_row_that_occurs_twice_is_found() =>
        Mutate(
            (trail, random) =>
            {
                var at = trail.SealedIndex(random);
                trail.Rows.Insert(at, trail.Rows[at]);
                return FindingKind.RowsMoved;
            }
        );

    [Test]
    public void A_truncated_journal_is_found_even_with_its_seals_and_the_checkpoints_beside_it() =>
        Mutate(
            (trail, random) =>
            {
                var left = random.Next(trail.Seals.Count);
                trail.Rows.RemoveAll(row => left == 0 || row.Row.Sequence > trail.Seals[left - 1].LastSequence);
                trail.Seals.RemoveRange(left, trail.Seals.Count - left);
                if (random.Next(2) == 0)
                {
                    trail.Checkpoints.RemoveRange(left, trail.Checkpoints.Count - left);
                }

                return FindingKind.Truncated;
            }
        );

    [Test]
    public void A_fork_that_is_sealed_again_without_the_key_is_found() =>
        Mutate(
            (trail, random) =>
            {
                var at = trail.SealedIndex(random);
                trail.Rows[at] = trail.Rows[at] with { Row = Change(trail.Rows[at].Row, 4) };
                trail.SealAgain();
                return FindingKind.Forked;
            }
        );

    [Test]
    public void A_seal_that_is_taken_out_changed_or_repeated_is_found() =>
        Mutate(
            (trail, random) =>
            {
                var at = random.Next(trail.Seals.Count);
                switch (random.Next(4))
                {
                    case 0:
                        trail.Seals.RemoveAt(at);
                        return null;
                    case 1:
                        trail.Seals.Insert(at, trail.Seals[at]);
                        return FindingKind.SealBroken;
                    case 2:
                        trail.Seals[at] = trail.Seals[at] with { SealedAt = trail.Seals[at].SealedAt.AddDays(1) };
                        return FindingKind.Forked;
                    default:
                        var leaves = trail.Seals[at].Leaves.ToArray();
                        leaves[random.Next(leaves.Length)] ^= 1;
                        trail.Seals[at] = trail.Seals[at] with { Leaves = leaves };
                        return FindingKind.SealBroken;
                }
            }
        );

    [Test]
    public void An_old_checkpoint_that_is_played_back_is_found() =>
        Mutate(
            (trail, random) =>
            {
                var old = trail.SecondPlace[random.Next(trail.SecondPlace.Count - 1)];
                switch (random.Next(3))
                {
                    case 0:
                        trail.SecondPlace.Add(old);
                        return FindingKind.CheckpointReplayed;
                    case 1:
                        trail.SecondPlace[^1] = old;
                        return FindingKind.CheckpointReplayed;
                    default:
                        trail.SecondPlace.RemoveAll(checkpoint => checkpoint.Number > old.Number);
                        return FindingKind.CheckpointMissing;
                }
            }
        );

    [Test]
    public void A_forged_checkpoint_is_found() =>
        Mutate(
            (trail, random) =>
            {
                var at = random.Next(trail.Checkpoints.Count);
                using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                var forged = trail.Checkpoints[at];
                forged =
                    random.Next(2) == 0
                        ? forged with
                        {
                            MadeAt = forged.MadeAt.AddMinutes(1),
                        }
                        : forged with
                        {
                            Signature = other.SignData(forged.SignedBytes(), HashAlgorithmName.SHA256),
                        };
                trail.Checkpoints[at] = forged;
                trail.SecondPlace[at] = forged;
                return FindingKind.CheckpointBroken;
            }
        );

    [Test]
    public void An_altered_change_is_found() =>
        Mutate(
            (trail, random) =>
            {
                var at = random.Next(trail.Rows.Count / 2) * 2;
                trail.Rows[at] = trail.Rows[at] with { Change = trail.Rows[at].Change + " " };
                return FindingKind.ChangeAltered;
            }
        );

    [Test]
    public void An_erased_change_is_told_as_erased_and_not_as_tampering() =>
        Repeat(trail =>
        {
            trail.Rows[0] = trail.Rows[0] with { Salt = null, Change = null };
            trail.Rows[2] = trail.Rows[2] with { Salt = null, Change = null };

            var report = trail.Verify();

            report.IsIntact.Should().BeTrue();
            report.Erased.Should().Be(2);
        });

    [Test]
    public void Without_a_key_the_chain_is_verified_and_the_report_says_that_no_signature_was()
    {
        var trail = new Trail(new Random(1));

        var report = trail.Verify(isSigned: null);

        report.IsIntact.Should().BeTrue();
        report.SignaturesChecked.Should().BeFalse();
    }

    // RFC 6962 §2.1, by its definition for 1 to 4 leaves.
    [Test]
    public void The_root_is_that_of_the_RFC()
    {
        var leaves = Enumerable.Range(0, 4).Select(i => MerkleTree.Leaf([(byte)i])).ToArray();
        static byte[] Node(byte[] left, byte[] right) => SHA256.HashData([1, .. left, .. right]);

        MerkleTree.Root(leaves[0]).Should().Equal(leaves[0]);
        MerkleTree.Root([.. leaves[0], .. leaves[1]]).Should().Equal(Node(leaves[0], leaves[1]));
        MerkleTree
            .Root([.. leaves[0], .. leaves[1], .. leaves[2]])
            .Should()
            .Equal(Node(Node(leaves[0], leaves[1]), leaves[2]));
        MerkleTree
            .Root([.. leaves[0], .. leaves[1], .. leaves[2], .. leaves[3]])
            .Should()
            .Equal(Node(Node(leaves[0], leaves[1]), Node(leaves[2], leaves[3])));
    }

    [Test]
    public void Text_cannot_move_from_one_column_to_the_next_under_the_same_hash()
    {
        var row = new Trail(new Random(1)).Rows[0].Row;
        var one = row with { ResourceType = "User", ResourceId = null };
        var other = row with { ResourceType = null, ResourceId = "User" };
        var empty = row with { ResourceType = "User", ResourceId = "" };

        new[] { one, other, empty }.Select(row => Convert.ToHexString(row.Hash())).Should().OnlyHaveUniqueItems();
    }

    private static JournalRecord Change(JournalRecord row, int column) =>
        column switch
        {
            0 => row with { Tenant = new TenantId(Guid.NewGuid()) },
            1 => row with { Epoch = row.Epoch + 1 },
            2 => row with { TransactionId = row.TransactionId + 1 },
            3 => row with { OccurredAt = row.OccurredAt.AddMilliseconds(1) },
            4 => row with { Actor = row.Actor + "x" },
            5 => row with { RequestId = "" },
            6 => row with { Operation = "user.delete" },
            7 => row with { ResourceType = null },
            8 => row with { ResourceId = null },
            9 => row with { Outcome = "refused" },
            10 => row with { Detail = row.Detail is null ? "" : null },
            11 => row with { Occurrences = row.Occurrences + 1 },
            _ => row with { ChangeDigest = row.ChangeDigest is null ? new byte[32] : null },
        };

    private static void Repeat(Action<Trail> check)
    {
        for (var i = 0; i < Times; i++)
        {
            check(new Trail(new Random(i)));
        }
    }

    [Test]
    public void A_checkpoint_that_a_receiver_took_and_is_gone_is_found()
    {
        var trail = new Trail(new Random());
        var last = trail.Checkpoints[^1].Number;

        trail.Verify(delivered: last).IsIntact.Should().BeTrue();
        trail.Checkpoints.RemoveAt(trail.Checkpoints.Count - 1);
        trail.SecondPlace.Clear();
        trail.SecondPlace.AddRange(trail.Checkpoints);
        var report = trail.Verify(delivered: last);

        report.DeliveredCheckpoint.Should().Be(last);
        report
            .Findings.Should()
            .ContainSingle()
            .Which.Should()
            .Match<Finding>(finding => finding.Kind == FindingKind.CheckpointMissing && finding.Checkpoint == last);
    }

    private static void Mutate(Func<Trail, Random, FindingKind?> mutate)
    {
        var random = new Random();
        for (var i = 0; i < Times; i++)
        {
            var seed = random.Next();
            var own = new Random(seed);
            var trail = new Trail(own);
            var expected = mutate(trail, own);

            var report = trail.Verify();

            report.IsIntact.Should().BeFalse("seed {0}", seed);
            if (expected is { } kind)
            {
                report.Findings.Should().Contain(finding => finding.Kind == kind, "seed {0}", seed);
            }
        }
    }

    private static bool IsSigned(Checkpoint checkpoint) =>
        Key.VerifyData(checkpoint.SignedBytes(), checkpoint.Signature, HashAlgorithmName.SHA256);

    private sealed record Kept(JournalRecord Row, byte[]? Salt, string? Change);

    /// <summary>Rows in three to six seals, each with its checkpoint, and a few that are not sealed yet.</summary>
    private sealed class Trail
    {
        private readonly TenantId _tenant = new(Guid.NewGuid());
        private readonly Random _random;
        private long _sequence;
        private int _made;

        public Trail(Random random)
        {
            _random = random;
            for (var seal = random.Next(3, 7); seal > 0; seal--)
            {
                var segment = Enumerable.Range(0, random.Next(1, 8)).Select(_ => Make()).ToList();
                Rows.AddRange(segment);
                Seals.Add(Seal.After(Seals.LastOrDefault(), _tenant, segment.ConvertAll(row => row.Row), Some.Time));
                var unsigned = Checkpoint.Of(Seals[^1], Checkpoints.LastOrDefault(), Some.Time, "key");
                Checkpoints.Add(
                    unsigned with
                    {
                        Signature = Key.SignData(unsigned.SignedBytes(), HashAlgorithmName.SHA256),
                    }
                );
            }

            SecondPlace.AddRange(Checkpoints);
            SealedCount = Rows.Count;
            Rows.AddRange(Enumerable.Range(0, random.Next(3)).Select(_ => Make()));
        }

        public List<Kept> Rows { get; } = [];

        public List<Seal> Seals { get; } = [];

        public List<Checkpoint> Checkpoints { get; } = [];

        public List<Checkpoint> SecondPlace { get; } = [];

        public int SealedCount { get; }

        public int SealedIndex(Random random) => random.Next(SealedCount);

        /// <summary>What someone does who can write everything but holds no key.</summary>
        public void SealAgain()
        {
            Seal? last = null;
            for (var i = 0; i < Seals.Count; i++)
            {
                var (from, to) = (last?.LastSequence ?? 0, Seals[i].LastSequence);
                var rows = Rows.FindAll(row => row.Row.Sequence > from && row.Row.Sequence <= to);
                last = Seal.After(last, _tenant, rows.ConvertAll(row => row.Row), Seals[i].SealedAt);
                Seals[i] = last;
            }
        }

        public ChainReport Verify(long? delivered = null) => Verify(IsSigned, delivered);

        public ChainReport Verify(Func<Checkpoint, bool>? isSigned, long? delivered = null)
        {
            var verifier = new ChainVerifier(_tenant, isSigned);
            var at = 0;
            foreach (var seal in Seals)
            {
                while (at < Rows.Count && Rows[at].Row.Sequence <= seal.LastSequence)
                {
                    verifier.Read(Rows[at].Row, Rows[at].Salt, Rows[at++].Change);
                }

                verifier.Read(seal);
            }

            foreach (var row in Rows.Skip(at))
            {
                verifier.Read(row.Row, row.Salt, row.Change);
            }

            Checkpoints.ForEach(verifier.Read);
            return verifier.Finish(SecondPlace, delivered);
        }

        private Kept Make()
        {
            _sequence += _random.Next(2, 5);
            var hasChange = _made++ % 2 == 0 || _random.Next(2) == 0;
            var change = hasChange ? $"{{\"after\":{_random.Next()}}}" : null;
            var salt = hasChange ? new byte[16] : null;
            if (salt is not null)
            {
                _random.NextBytes(salt);
            }

            return new Kept(
                new JournalRecord(
                    _tenant,
                    _sequence,
                    1,
                    _sequence + 700,
                    Some.Time.AddSeconds(_sequence),
                    "client:1",
                    _random.Next().ToString(CultureInfo.InvariantCulture),
                    "user.create",
                    "User",
                    Guid.NewGuid().ToString("D"),
                    "success",
                    _random.Next(2) == 0 ? null : "detail",
                    1,
                    change is null ? null : SHA256.HashData([.. salt!, .. Encoding.UTF8.GetBytes(change)])
                ),
                salt,
                change
            );
        }
    }
}
